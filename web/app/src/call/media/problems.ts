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
export function problemKeys(problems: Problem | readonly Problem[], userAgent: string) {
  const all = "device" in problems ? [problems] : problems;
  const [first, second] = all;
  // One cause, one sentence.
  const isOne = first !== undefined && first.problem === second?.problem;
  const what = isOne
    ? [`problem.${first.problem}.both` as const]
    : all.map(({ problem, device }) => `problem.${problem}.${device}` as const);
  const denied = all.filter(({ problem }) => problem === "denied");
  if (denied.some(({ device }) => device !== "screen")) return [...what, `allow.${browserOf(userAgent)}` as const];
  return denied.length > 0 && /Macintosh/.test(userAgent) ? [...what, "allow.screenMac" as const] : what;
}
