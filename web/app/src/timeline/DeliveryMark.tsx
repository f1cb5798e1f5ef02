import { Check, CheckCheck, CircleAlert, Clock, type LucideIcon } from "lucide-react";
import type { Delivery } from "@greenroom/client";
import { classes } from "../ui/classes";
import { useWords } from "./words";
import styles from "./DeliveryMark.module.css";

const ICONS: Readonly<Record<Delivery["state"], LucideIcon>> = {
  waiting: Clock,
  sent: Check,
  stored: CheckCheck,
  failed: CircleAlert,
};

/** What became of one's own message: a picture, with words for screen readers and for who points at it. */
export function DeliveryMark({ state }: { readonly state: Delivery["state"] }) {
  const { t } = useWords();
  const Icon = ICONS[state];
  return (
    <span className={classes(styles.mark, styles[state])} title={t(`delivery.${state}`)}>
      <Icon size={14} aria-hidden="true" />
      <span className="visually-hidden">{t(`delivery.${state}`)}</span>
    </span>
  );
}
