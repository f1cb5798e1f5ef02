import { CloudAlert } from "lucide-react";
import { useTranslation } from "react-i18next";
import { Button } from "../ui/Button";
import { EmptyState } from "../ui/EmptyState";
import styles from "./Failure.module.css";

/** What stands in place of what broke. */
export function Failure({ error }: { readonly error: Error }) {
  const { t } = useTranslation("shell");
  return (
    <div className={styles.failure} role="alert">
      <EmptyState icon={CloudAlert} title={t("failure.title")} text={t("failure.text")}>
        <Button variant="primary" onClick={() => location.reload()}>
          {t("failure.reload")}
        </Button>
      </EmptyState>
      <details className={styles.details}>
        <summary>{t("failure.details")}</summary>
        <pre>{`${error.name}: ${error.message}`}</pre>
      </details>
    </div>
  );
}
