import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { useFormat } from "../../i18n/format";
import { install } from "../../pwa/install";
import { useSlice } from "../../state/slices";
import { Button } from "../../ui/Button";
import { Row, Section } from "./Section";
import styles from "./Section.module.css";

/** Space, and the app as one of the device's own. */
export function DeviceSection() {
  const { t } = useTranslation("shell");
  const format = useFormat();
  const { usedBytes, kept, keep } = useStorage();
  const offer = useSlice(install);
  return (
    <Section title={t("settings.device")}>
      <Row label={t("settings.storage")} hint={kept === "refused" ? t("settings.keepRefused") : undefined}>
        <span className={styles.value}>
          {usedBytes === undefined ? t("settings.storageUnknown") : format.bytes(usedBytes)}
        </span>
      </Row>
      {kept === "kept" && <Row label={t("settings.kept")}>{null}</Row>}
      {kept === "loose" && (
        <Row label={t("settings.keep")} hint={t("settings.keepHint")}>
          <Button size="s" onClick={keep}>
            {t("settings.keepButton")}
          </Button>
        </Row>
      )}
      {offer.is === "offered" && (
        <Row label={t("settings.install")} hint={t("settings.installHint")}>
          <Button size="s" onClick={offer.prompt}>
            {t("settings.installButton")}
          </Button>
        </Row>
      )}
      {offer.is === "installed" && <Row label={t("settings.installed")}>{null}</Row>}
    </Section>
  );
}

function useStorage() {
  const [usedBytes, setUsedBytes] = useState<number>();
  const [kept, setKept] = useState<"unknown" | "loose" | "kept" | "refused">("unknown");
  useEffect(() => {
    // There is no such thing on plain HTTP.
    if (!("storage" in navigator)) return;
    let gone = false;
    const show = async () => {
      const [{ usage }, persisted] = await Promise.all([navigator.storage.estimate(), navigator.storage.persisted()]);
      if (gone) return;
      setUsedBytes(usage);
      setKept(persisted ? "kept" : "loose");
    };
    show().catch(() => undefined); // not told
    return () => {
      gone = true;
    };
  }, []);
  const keep = () =>
    void navigator.storage.persist().then(
      (agreed) => setKept(agreed ? "kept" : "refused"),
      () => setKept("refused"),
    );
  return { usedBytes, kept, keep };
}
