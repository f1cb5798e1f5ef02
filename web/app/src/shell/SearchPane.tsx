import { ArrowLeft } from "lucide-react";
import { useTranslation } from "react-i18next";
import { SearchPanel } from "../panels/SearchPanel";
import { go } from "../state/route";
import { IconButton } from "../ui/IconButton";
import { PHONE, useMedia } from "./media";
import styles from "./SidePane.module.css";

/** Search over all rooms. */
export function SearchPane() {
  const { t } = useTranslation(["shell", "ui"]);
  const phone = useMedia(PHONE);
  return (
    <>
      <header className={styles.head}>
        {phone && <IconButton icon={ArrowLeft} label={t("ui:back")} onClick={() => go({ at: "home" })} />}
        <h1 className={styles.title}>{t("list.search")}</h1>
      </header>
      <div className={styles.page}>
        <SearchPanel />
      </div>
    </>
  );
}
