/** Which codecs are offered: pure, over what the browser says it can. */

import type { SlotNeed } from "./slots.js";

/** As in `RTCRtpCodec`, as far as it matters here. */
export interface Codec {
  readonly mimeType: string;
  readonly sdpFmtpLine?: string;
}

/**
 * Sound: RED first, so that lost packets are repaired from the next, then Opus. Empty when the browser has neither,
 * which leaves its own choice.
 */
export function soundCodecs<T extends Codec>(codecs: readonly T[]): T[] {
  const named = (name: string): T[] => codecs.filter(({ mimeType }) => mimeType.toLowerCase() === `audio/${name}`);
  const opus = named("opus");
  return opus.length === 0 ? [] : [...named("red"), ...opus];
}

/** What is sent: VP8, which every slot takes and every browser encodes in layers; else H.264. */
export function cameraCodecs<T extends Codec>(codecs: readonly T[]): T[] {
  return withRepair(codecs, (codec) => isVp8(codec) || isPlainH264(codec));
}

/**
 * What a slot takes. A `wide` one takes one profile of each codec the server passes on, H.264 in all that are packetised
 * in the usual way; a narrow one VP8 and plain H.264, for each line of an offer of 49 has to be short.
 */
export function slotCodecs<T extends Codec>(codecs: readonly T[], width: "wide" | "narrow"): T[] {
  return withRepair(codecs, (codec) => {
    if (isVp8(codec) || isPlainH264(codec)) return true;
    const format = codec.sdpFmtpLine ?? "";
    const mime = codec.mimeType.toLowerCase();
    if (width === "narrow") return false;
    if (mime === "video/h264") return format.includes("packetization-mode=1") && !/profile-level-id=f4/i.test(format);
    if (mime === "video/vp9") return /profile-id=0|^$/.test(format);
    if (mime === "video/av1") return /(^|;)profile=0|^$/.test(format);
    return mime === "video/h265" && /profile-id=1|^$/.test(format);
  });
}

/** Which slots take a codec, as the server names it. H.264 comes in profiles that a narrow slot may not take. */
export function slotNeed(codec: string | undefined): SlotNeed {
  if (codec === undefined || codec === "vp8") return "any";
  return codec === "h264" ? "rather_wide" : "wide";
}

function withRepair<T extends Codec>(codecs: readonly T[], wanted: (codec: T) => boolean): T[] {
  const chosen = codecs.filter(wanted);
  // VP8 first: the first is what is sent.
  const ordered = [...chosen.filter(isVp8), ...chosen.filter((codec) => !isVp8(codec))];
  const repair = codecs.filter(({ mimeType }) => mimeType.toLowerCase() === "video/rtx");
  return ordered.length === 0 ? [] : [...ordered, ...repair];
}

const isVp8 = ({ mimeType }: Codec): boolean => mimeType.toLowerCase() === "video/vp8";

const isPlainH264 = ({ mimeType, sdpFmtpLine }: Codec): boolean =>
  mimeType.toLowerCase() === "video/h264" &&
  /packetization-mode=1/.test(sdpFmtpLine ?? "") &&
  /profile-level-id=42e0/i.test(sdpFmtpLine ?? "");
