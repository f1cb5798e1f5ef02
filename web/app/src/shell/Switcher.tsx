import {
  Combobox,
  ComboboxGroup,
  ComboboxGroupLabel,
  ComboboxItem,
  ComboboxList,
  ComboboxProvider,
} from "@ariakit/react/combobox";
import { Globe, Hash, Lock, Search, type LucideIcon } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Avatar } from "../ui/Avatar";
import { Badge } from "../ui/Badge";
import { Dialog } from "../ui/Dialog";
import { useFormat } from "../i18n/format";
import { useGoals, type Goal } from "./goals";
import styles from "./Switcher.module.css";

/** Goes anywhere by a few letters: one's rooms, people, public rooms, and what else can be opened. */
export function Switcher({ open, onClose }: { readonly open: boolean; readonly onClose: () => void }) {
  const { t } = useTranslation("shell");
  const [typed, setTyped] = useState("");
  const groups = useGoals(typed);
  return (
    <Dialog title={t("switcher.title")} open={open} onClose={onClose} bare>
      <ComboboxProvider setValue={setTyped} focusLoop includesBaseElement={false}>
        <div className={styles.field}>
          <Search size={18} aria-hidden="true" />
          <Combobox
            autoSelect="always"
            aria-label={t("switcher.title")}
            placeholder={t("switcher.placeholder")}
            className={styles.input ?? ""}
            // The dialog was opened to type here.
            // eslint-disable-next-line jsx-a11y/no-autofocus
            autoFocus
          />
        </div>
        <ComboboxList alwaysVisible aria-label={t("switcher.title")} className={styles.list ?? ""}>
          {groups.map(({ key, goals }) => (
            <ComboboxGroup key={key}>
              <ComboboxGroupLabel className={styles.group ?? ""}>{t(`switcher.${key}`)}</ComboboxGroupLabel>
              {goals.map((goal) => (
                <ComboboxItem
                  key={goal.id}
                  className={styles.item ?? ""}
                  setValueOnClick={false}
                  hideOnClick={false}
                  onClick={() => {
                    onClose();
                    goal.reach();
                  }}
                >
                  <GoalLine goal={goal} />
                </ComboboxItem>
              ))}
            </ComboboxGroup>
          ))}
          {groups.length === 0 && <p className={styles.none}>{t("switcher.none", { text: typed })}</p>}
        </ComboboxList>
      </ComboboxProvider>
    </Dialog>
  );
}

const ROOM_ICONS: Readonly<Record<"public" | "private" | "elsewhere", LucideIcon>> = {
  public: Hash,
  private: Lock,
  elsewhere: Globe,
};

function GoalLine({ goal }: { readonly goal: Goal }) {
  const format = useFormat();
  const Icon = goal.icon === "avatar" ? undefined : typeof goal.icon === "string" ? ROOM_ICONS[goal.icon] : goal.icon;
  return (
    <>
      {Icon === undefined ? (
        <Avatar user={goal.avatar ?? goal.id} name={goal.name} size={24} />
      ) : (
        <span className={styles.icon}>
          <Icon size={16} aria-hidden="true" />
        </span>
      )}
      <span className={styles.name} dir="auto">
        {goal.name}
      </span>
      {goal.unread > 0 && <Badge>{format.count(goal.unread)}</Badge>}
      {goal.hint !== undefined && <span className={styles.hint}>{goal.hint}</span>}
    </>
  );
}
