import { useState } from "react";
import { useTranslation } from "react-i18next";
import { askPermission, permission } from "../../pwa/notify";
import { setPreferences, usePreferences } from "../../state/preferences";
import { Switch } from "../../ui/Switch";

/** Asks the browser when switched on; says how to allow it when it does not. */
export function NotificationSwitch() {
  const { t } = useTranslation("shell");
  const { notifications } = usePreferences();
  const [allowed, setAllowed] = useState(permission);
  const change = async (on: boolean) => {
    const answer = on ? await askPermission() : allowed;
    setAllowed(answer);
    setPreferences({ notifications: on && answer === "granted" });
  };
  const hint =
    allowed === "missing"
      ? t("settings.notificationsMissing")
      : allowed === "denied"
        ? t("settings.notificationsDenied")
        : t("settings.notificationsHint");
  return (
    <Switch
      label={t("settings.notifications")}
      hint={hint}
      checked={notifications && allowed === "granted"}
      disabled={allowed === "missing" || allowed === "denied"}
      onChange={(on) => void change(on)}
    />
  );
}
