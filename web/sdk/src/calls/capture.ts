/** Opening cameras, microphones and screens, and saying what went wrong. */

import type { DeviceProblem } from "./api.js";

type Device = DeviceProblem["device"];

/** What a camera is asked for: the server picks what each viewer gets. */
const CAMERA = { width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 30, max: 30 } };
const VOICE = { echoCancellation: true, noiseSuppression: true, autoGainControl: true };
const SCREEN = { width: { max: 2560 }, height: { max: 1440 }, frameRate: { ideal: 15, max: 30 } };

/** An error that says which device failed, and how to mend it. */
class DeviceError extends Error implements DeviceProblem {
  readonly problem: DeviceProblem["problem"];
  readonly device: Device;

  constructor(device: Device, problem: DeviceProblem["problem"], cause: unknown) {
    super(`${device}: ${problem}`, { cause });
    this.name = "DeviceProblem";
    this.device = device;
    this.problem = problem;
  }
}

/** Whether this page may use devices at all. */
export function support(): "ready" | "insecure" | "missing" {
  if (typeof RTCPeerConnection === "undefined") return "missing";
  if (typeof navigator !== "undefined" && "mediaDevices" in navigator) return "ready";
  return globalThis.isSecureContext === false ? "insecure" : "missing";
}

/** @throws DeviceProblem */
export const openMicrophone = (choice: true | string): Promise<MediaStreamTrack> =>
  open("microphone", choice, (device) => ({ audio: { ...VOICE, ...device } }));

/** @throws DeviceProblem */
export const openCamera = (choice: true | string): Promise<MediaStreamTrack> =>
  open("camera", choice, (device) => ({ video: { ...CAMERA, ...device } }));

/** Asks for a screen; `undefined` when nothing was chosen. @throws DeviceProblem */
export async function openScreen(): Promise<{ video: MediaStreamTrack; audio?: MediaStreamTrack } | undefined> {
  if (support() !== "ready" || !("getDisplayMedia" in navigator.mediaDevices)) {
    throw new DeviceError("screen", support() === "insecure" ? "insecure" : "missing", undefined);
  }
  try {
    const options = { video: SCREEN, audio: { ...VOICE, echoCancellation: false, noiseSuppression: false } };
    const stream = await navigator.mediaDevices.getDisplayMedia({
      ...options,
      // Not yet in the types of the DOM: what is offered first, and that the share may be another tab later.
      ...{ systemAudio: "include", surfaceSwitching: "include", selfBrowserSurface: "exclude" },
    });
    const [video] = stream.getVideoTracks();
    const [audio] = stream.getAudioTracks();
    if (video === undefined) return undefined;
    video.contentHint = "detail";
    if (audio) audio.contentHint = "music";
    return { video, ...(audio && { audio }) };
  } catch (error) {
    // The same name for "the person chose nothing" and "the system forbids it"; the former is no error.
    if (error instanceof DOMException && (error.name === "NotAllowedError" || error.name === "AbortError")) {
      return undefined;
    }
    throw problemOf("screen", error);
  }
}

/** What an error of `getUserMedia` means to the person. */
function problemOf(device: Device, error: unknown): DeviceProblem {
  return new DeviceError(device, problemNamed(error instanceof Error ? error.name : ""), error);
}

/** By the name of the `DOMException` (Media Capture and Streams, section 10.2). */
export function problemNamed(name: string): DeviceProblem["problem"] {
  switch (name) {
    case "NotAllowedError":
    case "SecurityError":
      return "denied";
    case "NotFoundError":
    case "OverconstrainedError":
      return "missing";
    case "NotReadableError":
    case "AbortError":
      return "busy";
    default:
      return "failed";
  }
}

async function open(
  device: "microphone" | "camera",
  choice: true | string,
  constraints: (device: { deviceId?: { exact: string } }) => MediaStreamConstraints,
): Promise<MediaStreamTrack> {
  const state = support();
  if (state !== "ready") throw new DeviceError(device, state, undefined);
  const chosen = typeof choice === "string" && choice !== "" ? { deviceId: { exact: choice } } : {};
  try {
    const stream = await navigator.mediaDevices.getUserMedia(constraints(chosen));
    const [track] = stream.getTracks();
    if (track === undefined) throw new DeviceError(device, "missing", undefined);
    track.contentHint = device === "camera" ? "motion" : "speech";
    return track;
  } catch (error) {
    // A device that was chosen once and is gone: the default one.
    const isGone = error instanceof DOMException && error.name === "OverconstrainedError";
    if (isGone && "deviceId" in chosen) return open(device, true, constraints);
    throw error instanceof DeviceError ? error : problemOf(device, error);
  }
}
