import styles from "./rooms.module.css";

/** What went wrong, told as soon as it appears; nothing while nothing did. */
export function Problem({ text }: { readonly text: string | undefined }) {
  if (text === undefined) return null;
  return (
    <p className={styles.problem} role="alert">
      {text}
    </p>
  );
}
