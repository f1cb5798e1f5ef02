import { useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import styles from "./LevelMeter.module.css";

/** What screen readers are told changes this seldom: they cannot read sixty values a second. */
const TOLD_EVERY_MS = 500;

/** A bar that moves with the microphone. Drawn past React: it changes with every frame. */
export function LevelMeter({ level }: { readonly level: () => number }) {
  const { t } = useTranslation("call");
  const meter = useRef<HTMLDivElement>(null);
  useEffect(() => {
    let frame = 0;
    let toldMs = 0;
    const draw = (nowMs: number): void => {
      const part = Math.min(1, Math.max(0, level()));
      meter.current?.style.setProperty("--level", part.toFixed(3));
      if (nowMs - toldMs > TOLD_EVERY_MS) {
        toldMs = nowMs;
        meter.current?.setAttribute("aria-valuenow", String(Math.round(part * 100)));
      }
      frame = requestAnimationFrame(draw);
    };
    frame = requestAnimationFrame(draw);
    return () => cancelAnimationFrame(frame);
  }, [level]);
  return (
    <div
      ref={meter}
      className={styles.meter}
      role="meter"
      aria-label={t("prejoin.level")}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={0}
    >
      <div className={styles.bar} />
    </div>
  );
}
