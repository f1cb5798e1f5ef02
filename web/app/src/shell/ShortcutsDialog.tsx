import { useTranslation } from "react-i18next";
import { Dialog } from "../ui/Dialog";
import { isApple, printed, SHORTCUTS, type Group } from "./shortcuts";
import styles from "./ShortcutsDialog.module.css";

const GROUPS: readonly Group[] = ["general", "writing", "messages", "calls"];

/** The table of shortcuts, to read. */
export function ShortcutsDialog({ open, onClose }: { readonly open: boolean; readonly onClose: () => void }) {
  const { t } = useTranslation("shell");
  const apple = isApple();
  return (
    <Dialog title={t("shortcuts.title")} open={open} onClose={onClose} size="l">
      <div className={styles.groups}>
        {GROUPS.map((group) => (
          <section key={group} className={styles.group} aria-label={t(`shortcuts.groups.${group}`)}>
            <h2 className={styles.title}>{t(`shortcuts.groups.${group}`)}</h2>
            <dl className={styles.list}>
              {SHORTCUTS.filter((shortcut) => shortcut.group === group).map((shortcut) => {
                const name = "does" in shortcut ? shortcut.does : shortcut.tells;
                return (
                  <div key={name} className={styles.line}>
                    <dt>{t(`shortcuts.${name}`)}</dt>
                    <dd className={styles.keys}>
                      {printed(shortcut.keys, apple, t("shortcuts.space")).map((key) => (
                        <kbd key={key}>{key}</kbd>
                      ))}
                    </dd>
                  </div>
                );
              })}
            </dl>
          </section>
        ))}
      </div>
    </Dialog>
  );
}
