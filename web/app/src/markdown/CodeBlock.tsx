import { useState } from "react";
import { Check, Copy } from "lucide-react";
import { useWords } from "../timeline/words";
import { useCopy } from "../ui/clipboard";
import styles from "./Markdown.module.css";

/** Code as it was pasted, with what it is written in and a button that copies it. */
export function CodeBlock({ text, language }: { readonly text: string; readonly language: string }) {
  const { t } = useWords();
  const [copied, setCopied] = useState(false);
  const copy = useCopy();
  const Icon = copied ? Check : Copy;
  return (
    <div className={styles.block}>
      <div className={styles.bar}>
        <span className={styles.language}>{language}</span>
        <button
          type="button"
          className={styles.copy}
          aria-label={t("copyCode")}
          title={t("copyCode")}
          onClick={() => void copy(text).then(setCopied)}
        >
          <Icon size={14} aria-hidden="true" />
          {copied && <span role="status">{t("copied")}</span>}
        </button>
      </div>
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- what scrolls must be reached by keys */}
      <pre dir="ltr" tabIndex={0} role="group" aria-label={language === "" ? t("code") : t("codeIn", { language })}>
        <code>{text}</code>
      </pre>
    </div>
  );
}
