/** A participant's connection in words: the score is the server's (0 to 100), its reason too. */

import type { Participant } from "@greenroom/client";

type Quality = NonNullable<Participant["quality"]>;
export type QualityGrade = "good" | "fair" | "poor";

const GOOD_MIN = 75;
const FAIR_MIN = 45;

export function gradeOf(quality: Quality): QualityGrade {
  if (quality.score >= GOOD_MIN) return "good";
  return quality.score >= FAIR_MIN ? "fair" : "poor";
}
