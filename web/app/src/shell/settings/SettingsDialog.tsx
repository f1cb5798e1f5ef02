import { useState } from "react";
import { useTranslation } from "react-i18next";
import { setPreferences, usePreferences, type Preferences } from "../../state/preferences";
import { Choices } from "../../ui/Choices";
import { Dialog } from "../../ui/Dialog";
import { Switch } from "../../ui/Switch";
import { AccountSection } from "./AccountSection";
import { DeviceSection } from "./DeviceSection";
import { NotificationSwitch } from "./NotificationSwitch";
import { Row, Section } from "./Section";
import { SignOutDialog } from "./SignOutDialog";

/** What one can choose about the app on this device. */
export function SettingsDialog({ open, onClose }: { readonly open: boolean; readonly onClose: () => void }) {
  const { t } = useTranslation("shell");
  const [leaving, setLeaving] = useState(false);
  if (leaving) return <SignOutDialog onClose={() => setLeaving(false)} onDone={onClose} />;
  return (
    <Dialog title={t("settings.title")} open={open} onClose={onClose}>
      <LooksSection />
      <NewsSection />
      <AccountSection onSignOut={() => setLeaving(true)} />
      <DeviceSection />
    </Dialog>
  );
}

function LooksSection() {
  const { t } = useTranslation("shell");
  const { theme, language } = usePreferences();
  const themes = (["system", "light", "dark"] as const).map((value) => ({
    value,
    label: t(`settings.themes.${value}`),
  }));
  // Each language in its own words, so that it is found by who reads no other.
  const languages: readonly { readonly value: Preferences["language"]; readonly label: string }[] = [
    { value: "system", label: t("settings.systemLanguage") },
    { value: "en", label: "English" },
    { value: "zh", label: "简体中文" },
  ];
  return (
    <Section title={t("settings.looks")}>
      <Row label={t("settings.theme")}>
        <Choices
          label={t("settings.theme")}
          value={theme}
          options={themes}
          onChange={(theme) => setPreferences({ theme })}
        />
      </Row>
      <Row label={t("settings.language")}>
        <Choices
          label={t("settings.language")}
          value={language}
          options={languages}
          onChange={(language) => setPreferences({ language })}
        />
      </Row>
    </Section>
  );
}

function NewsSection() {
  const { t } = useTranslation("shell");
  const { sounds, dataSaver } = usePreferences();
  return (
    <Section title={t("settings.news")}>
      <NotificationSwitch />
      <Switch
        label={t("settings.sounds")}
        hint={t("settings.soundsHint")}
        checked={sounds}
        onChange={(sounds) => setPreferences({ sounds })}
      />
      <Switch
        label={t("settings.dataSaver")}
        hint={t("settings.dataSaverHint")}
        checked={dataSaver}
        onChange={(dataSaver) => setPreferences({ dataSaver })}
      />
    </Section>
  );
}
