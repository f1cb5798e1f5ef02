import { useTranslation } from "react-i18next";
import { useAccount } from "../../state/client";
import { Button } from "../../ui/Button";
import { classes } from "../../ui/classes";
import { Row, Section } from "./Section";
import styles from "./Section.module.css";

/** Who one is here. */
export function AccountSection({ onSignOut }: { readonly onSignOut: () => void }) {
  const { t } = useTranslation("shell");
  const account = useAccount();
  return (
    <Section title={t("settings.account")}>
      <Row label={t("settings.name")} hint={account.kind === "guest" ? t("settings.guest") : t("settings.byToken")}>
        <span>{account.name}</span>
      </Row>
      <Row label={t("settings.userId")}>
        <code className={classes(styles.value, styles.mono)}>{account.user}</code>
      </Row>
      <Row label="">
        <Button size="s" onClick={onSignOut}>
          {t("settings.signOut")}
        </Button>
      </Row>
    </Section>
  );
}
