import { ArrowLeft, X } from "lucide-react";
import { useTranslation } from "react-i18next";
import { PHONE, useMedia } from "../../shell/media";
import { closePanel } from "../../state/panel";
import { IconButton } from "../../ui/IconButton";
import styles from "./PanelHead.module.css";

/** What a panel beside the call is, and the way to close it. */
export function PanelHead({ title }: { readonly title: string }) {
  const { t } = useTranslation("ui");
  const phone = useMedia(PHONE);
  return (
    <header className={styles.head}>
      {phone && <IconButton icon={ArrowLeft} label={t("close")} onClick={closePanel} />}
      <h2 className={styles.title}>{title}</h2>
      {!phone && <IconButton icon={X} label={t("close")} onClick={closePanel} />}
    </header>
  );
}
