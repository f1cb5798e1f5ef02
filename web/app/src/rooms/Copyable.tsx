import { Check, Copy } from "lucide-react";
import { useId, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { announce } from "../ui/announce";
import { Button } from "../ui/Button";
import styles from "./rooms.module.css";

/** A text to take away: a line that marks itself, and a button that copies it. */
export function Copyable({ label, text }: { readonly label: string; readonly text: string }) {
  const { t } = useTranslation("rooms");
  const id = useId();
  const field = useRef<HTMLInputElement>(null);
  const [copied, setCopied] = useState(false);
  const copy = async () => {
    field.current?.select();
    setCopied(await copyText(text));
    announce(t("invite.copied"));
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
        <Button onClick={() => void copy()}>
          {copied ? <Check size={16} aria-hidden="true" /> : <Copy size={16} aria-hidden="true" />}
          {t(copied ? "invite.copied" : "invite.copy")}
        </Button>
      </div>
    </div>
  );
}

/** Copies a text. On plain HTTP there is no clipboard but that of the selection. */
export async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copySelection(text);
  }
}

function copySelection(text: string): boolean {
  const field = document.createElement("textarea");
  field.value = text;
  // Inside of what has the focus: a modal dialog would not let anything else have it.
  (document.activeElement?.parentElement ?? document.body).append(field);
  field.select();
  const done = document.execCommand("copy");
  field.remove();
  return done;
}
