import { Cell, type Slice } from "@greenroom/client";
import { keep, kept } from "./kept";
import { useSlice } from "./slices";

/** What this device's person likes. Kept on the device only. */
export interface Preferences {
  readonly theme: "system" | "light" | "dark";
  readonly language: "system" | "en" | "zh";
  readonly notifications: boolean;
  readonly sounds: boolean;
  /** Calls without pictures. */
  readonly dataSaver: boolean;
  /** Devices of calls, by `deviceId`; the browser's default when absent. */
  readonly microphone?: string;
  readonly camera?: string;
  readonly speaker?: string;
  /** Whether one enters a call with these on. */
  readonly microphoneOn: boolean;
  readonly cameraOn: boolean;
  readonly callView: "grid" | "speaker" | "side";
  /** Lines that were put away and should not come back. */
  readonly dismissed: readonly string[];
}

const DEFAULTS: Preferences = {
  theme: "system",
  language: "system",
  notifications: false,
  sounds: true,
  dataSaver: false,
  microphoneOn: true,
  cameraOn: true,
  callView: "grid",
  dismissed: [],
};

/** Version in the name: another shape gets another key. */
const KEY = "greenroom.preferences.v1";

const cell = new Cell<Preferences>(parsePreferences(kept("device", KEY)));
if (typeof window !== "undefined") {
  // Another tab changed them.
  window.addEventListener("storage", (event) => {
    if (event.key === KEY) cell.set(parsePreferences(event.newValue));
  });
}

export const preferences: Slice<Preferences> = cell;
export const usePreferences = (): Preferences => useSlice(preferences);

/** Changes some of them, here and in other tabs. `undefined` goes back to the browser's default. */
export function setPreferences(change: { readonly [K in keyof Preferences]?: Preferences[K] | undefined }): void {
  const next = parsePreferences(JSON.stringify({ ...cell.get(), ...change }));
  cell.set(next);
  keep("device", KEY, JSON.stringify(next));
}

/** What was kept, field by field: whatever is not as it should be is left at its default. */
export function parsePreferences(text: string | null): Preferences {
  let found: unknown;
  try {
    found = JSON.parse(text ?? "{}");
  } catch {
    return DEFAULTS;
  }
  if (typeof found !== "object" || found === null) return DEFAULTS;
  const from = found as { readonly [field: string]: unknown };
  const oneOf = <T extends string>(field: string, values: readonly T[], or: T): T =>
    values.find((value) => value === from[field]) ?? or;
  const flag = (field: string, or: boolean): boolean => {
    const value = from[field];
    return typeof value === "boolean" ? value : or;
  };
  const device = (field: string): object => (typeof from[field] === "string" ? { [field]: from[field] } : {});
  return {
    theme: oneOf("theme", ["system", "light", "dark"], DEFAULTS.theme),
    language: oneOf("language", ["system", "en", "zh"], DEFAULTS.language),
    notifications: flag("notifications", DEFAULTS.notifications),
    sounds: flag("sounds", DEFAULTS.sounds),
    dataSaver: flag("dataSaver", DEFAULTS.dataSaver),
    microphoneOn: flag("microphoneOn", DEFAULTS.microphoneOn),
    cameraOn: flag("cameraOn", DEFAULTS.cameraOn),
    callView: oneOf("callView", ["grid", "speaker", "side"], DEFAULTS.callView),
    ...device("microphone"),
    ...device("camera"),
    ...device("speaker"),
    dismissed: Array.isArray(from.dismissed) ? from.dismissed.filter((one) => typeof one === "string") : [],
  };
}
