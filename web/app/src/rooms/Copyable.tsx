import { Check, Copy } from "lucide-react";
import { useId, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { announce } from "../ui/announce";
import { Button } from "../ui/Button";
import { useCopy } from "../ui/clipboard";
import styles from "./rooms.module.css";

/** A text to take away: a line that marks itself, and a button that copies it, called `action`. */
export function Copyable({
  label,
  text,
  action,
}: {
  readonly label: string;
  readonly text: string;
  readonly action: string;
}) {
  const { t } = useTranslation("rooms");
  const id = useId();
  const field = useRef<HTMLInputElement>(null);
  const [copied, setCopied] = useState(false);
  const copy = useCopy();
  const take = async () => {
    const done = await copy(text);
    setCopied(done);
    if (done) announce(t("invite.copied"));
    field.current?.select();
  };
  return (
    <div className={styles.field}>
      <label htmlFor={id} className={styles.label}>
        {label}
      </label>
      <div className={styles.copyable}>
        <input
          ref={field}
          id={id}
          className={styles.input}
          readOnly
          value={text}
          onFocus={(event) => event.target.select()}
        />
        <Button onClick={() => void take()}>
          {copied ? <Check size={16} aria-hidden="true" /> : <Copy size={16} aria-hidden="true" />}
          {copied ? t("invite.copied") : action}
        </Button>
      </div>
    </div>
  );
}
