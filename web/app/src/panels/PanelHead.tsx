import { X } from "lucide-react";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { closePanel } from "../state/panel";
import { IconButton } from "../ui/IconButton";
import styles from "./PanelHead.module.css";

/** What a side panel is, and the way out of it. */
export function PanelHead({ title, children }: { readonly title: string; readonly children?: ReactNode }) {
  const { t } = useTranslation("timeline");
  return (
    <header className={styles.head}>
      <h2 className={styles.title}>{title}</h2>
      {children}
      <IconButton icon={X} label={t("panels.close")} onClick={closePanel} />
    </header>
  );
}
