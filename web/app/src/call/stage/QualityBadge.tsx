import { useTranslation } from "react-i18next";
import type { Person } from "../arrange/people";
import { gradeOf, type QualityGrade } from "../events/quality";
import { classes } from "../../ui/classes";
import styles from "./QualityBadge.module.css";

/** Bars that are lit. */
const BARS = { good: 3, fair: 2, poor: 1 } as const satisfies Record<QualityGrade, number>;
const BAR_HEIGHTS = [5, 9, 13] as const;

/** How good somebody's connection is, and why not better. `always` shows a good one too. */
export function QualityBadge({
  person,
  always = false,
  className,
}: {
  readonly person: Person;
  readonly always?: boolean;
  readonly className?: string | undefined;
}) {
  const text = useQualityText(person);
  if (!person.quality || text === undefined) return null;
  const grade = gradeOf(person.quality);
  if (grade === "good" && !always) return null;
  return (
    <span className={classes(styles.badge, styles[grade], className)} title={text} data-quality={grade}>
      <svg viewBox="0 0 15 14" width="15" height="14" aria-hidden="true">
        {BAR_HEIGHTS.map((height, index) => (
          <rect
            key={height}
            x={index * 5 + 1}
            y={14 - height}
            width="3.5"
            height={height}
            rx="1"
            className={index < BARS[grade] ? styles.lit : styles.dim}
          />
        ))}
      </svg>
      <span className="visually-hidden">{text}</span>
    </span>
  );
}

/** The same in words: the grade, and whose doing it is. */
export function useQualityText(person: Person): string | undefined {
  const { t } = useTranslation("call");
  const { quality } = person;
  if (!quality) return undefined;
  const grade: QualityGrade = gradeOf(quality);
  const label = t("quality.label", { grade: t(`quality.${grade}`) });
  if (!quality.reason || grade === "good") return label;
  return t("quality.because", { label, reason: t(`quality.${person.self ? "self" : "other"}.${quality.reason}`) });
}
