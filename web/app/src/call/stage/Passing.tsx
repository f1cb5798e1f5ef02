import type { PassingLine } from "./usePassing";
import styles from "./Passing.module.css";

/** What just happened. Screen readers are told by the page's live region. */
export function Passing({ lines }: { readonly lines: readonly PassingLine[] }) {
  return (
    <div className={styles.place} aria-hidden="true">
      {lines.map(({ id, text }) => (
        <p key={id} className={styles.line}>
          {text}
        </p>
      ))}
    </div>
  );
}
