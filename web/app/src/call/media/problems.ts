/** What is wrong with a device and how to mend it, as keys of the texts. */

import type { DeviceProblem } from "@greenroom/client";

export type Problem = Pick<DeviceProblem, "problem" | "device">;

/** Whose settings decide about cameras: each hides the switch elsewhere. */
export type Browser = "chromium" | "firefox" | "safari" | "ios" | "android" | "other";

/** The browser by what it says of itself: only words depend on it. */
export function browserOf(userAgent: string): Browser {
  if (/iPhone|iPad/.test(userAgent)) return "ios";
  if (/Android/.test(userAgent)) return "android";
  if (/Firefox\//.test(userAgent)) return "firefox";
  if (/Chrom(e|ium)\/|Edg\//.test(userAgent)) return "chromium";
  return /Safari\//.test(userAgent) ? "safari" : "other";
}

/** The problem that an error is; `undefined` when it is another kind of error. */
export function problemOf(error: unknown): Problem | undefined {
  if (!(error instanceof Error) || !("problem" in error) || !("device" in error)) return undefined;
  return error as DeviceProblem; // only a DeviceProblem has both
}

/** A sentence for each part: what is wrong, then what to do where there is something. */
export function problemKeys(problem: Problem, userAgent: string) {
  const what = `problem.${problem.problem}.${problem.device}` as const;
  if (problem.problem !== "denied") return [what] as const;
  if (problem.device !== "screen") return [what, `allow.${browserOf(userAgent)}`] as const;
  return /Macintosh/.test(userAgent) ? ([what, "allow.screenMac"] as const) : ([what] as const);
}
