import { useEffect, useId, useRef, type ComponentProps, type ReactNode } from "react";
import { classes } from "./classes";
import styles from "./TextField.module.css";

export interface TextFieldProps extends Omit<ComponentProps<"input">, "onChange" | "value"> {
  readonly label: string;
  /** Keeps the label for screen readers only. */
  readonly labelHidden?: boolean;
  readonly hint?: ReactNode;
  /** What is wrong and how to mend it; told as soon as it appears. */
  readonly error?: string | undefined;
  readonly value: string;
  readonly onChange: (value: string) => void;
}

/** A line of text with its label, a hint, and what is wrong with it. */
export function TextField({ label, labelHidden, hint, error, value, onChange, className, ...rest }: TextFieldProps) {
  const id = useId();
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => {
    // Who pressed the button goes on where it is mended.
    const at = document.activeElement;
    if (
      error !== undefined &&
      at instanceof HTMLButtonElement &&
      at.type === "submit" &&
      at.form === field.current?.form
    )
      field.current?.focus();
  }, [error]);
  const said = [hint !== undefined && `${id}-hint`, error !== undefined && `${id}-error`].filter(Boolean).join(" ");
  return (
    <div className={classes(styles.field, className)}>
      <label htmlFor={id} className={labelHidden === true ? "visually-hidden" : styles.label}>
        {label}
      </label>
      <input
        type="text"
        {...rest}
        ref={field}
        id={id}
        className={styles.input}
        value={value}
        onChange={(event) => onChange(event.target.value)}
        aria-invalid={error === undefined ? undefined : true}
        aria-describedby={said === "" ? undefined : said}
      />
      {hint !== undefined && (
        <div id={`${id}-hint`} className={styles.hint}>
          {hint}
        </div>
      )}
      <div id={`${id}-error`} className={styles.error} role="alert">
        {error}
      </div>
    </div>
  );
}
