import { useId, type ReactNode } from "react";

/** One of several, behind a press: the browser's own list. Looks are the caller's. */
export function Select<T extends string | number | undefined>({
  label,
  value,
  options,
  disabled = false,
  className,
  labelClassName,
  selectClassName,
  children,
  onChange,
}: {
  readonly label: string;
  readonly value: T;
  readonly options: readonly { readonly value: T; readonly label: string }[];
  readonly disabled?: boolean;
  readonly className?: string | undefined;
  readonly labelClassName?: string | undefined;
  readonly selectClassName?: string | undefined;
  /** What stands beside it. */
  readonly children?: ReactNode;
  readonly onChange: (value: T) => void;
}) {
  const id = useId();
  return (
    <div className={className}>
      <label htmlFor={id} className={labelClassName}>
        {label}
      </label>
      <select
        id={id}
        className={selectClassName}
        value={options.findIndex((option) => option.value === value)}
        disabled={disabled}
        onChange={(event) => {
          const chosen = options[event.target.selectedIndex];
          if (chosen) onChange(chosen.value);
        }}
      >
        {options.map((option, at) => (
          <option key={at} value={at}>
            {option.label}
          </option>
        ))}
      </select>
      {children}
    </div>
  );
}
