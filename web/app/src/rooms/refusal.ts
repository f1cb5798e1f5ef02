import type { TFunction } from "i18next";

const KNOWN = [
  "offline",
  "forbidden",
  "rate_limited",
  "room_not_found",
  "not_a_member",
  "user_not_found",
  "too_large",
] as const;
type Known = (typeof KNOWN)[number];

const isKnown = (code: unknown): code is Known => KNOWN.some((known) => known === code);

/** What was thrown, in one sentence of the user's language. */
export function sentenceOf(thrown: unknown, t: TFunction<"rooms">): string {
  const code = thrown instanceof Error && "code" in thrown ? thrown.code : undefined;
  if (isKnown(code)) return t(`problem.${code}`);
  return t("problem.other", { message: thrown instanceof Error ? thrown.message : String(thrown) });
}
