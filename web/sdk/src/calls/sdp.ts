/** An offer as it is sent: pure text. What the browser keeps for itself is not changed. */

/** How the sound of a line is to be encoded (RFC 7587, section 6.1). */
export type Sound = "voice" | "music";

/** Header extensions the server reads; the others only make an offer long. */
const EXTENSIONS = [
  "urn:ietf:params:rtp-hdrext:sdes:mid",
  "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id",
  "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id",
  "urn:ietf:params:rtp-hdrext:ssrc-audio-level",
  "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01",
  "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time",
  "http://www.webrtc.org/experiments/rtp-hdrext/abs-capture-time",
  "urn:3gpp:video-orientation",
  "https://aomediacodec.github.io/av1-rtp-spec/#dependency-descriptor-rtp-header-extension",
  "http://www.webrtc.org/experiments/rtp-hdrext/video-layers-allocation00",
];
/** They name streams, which in a slot are the server's. */
const NAMING = new Set(EXTENSIONS.slice(0, 3));

/** One transport for all lines (BUNDLE): said once, for the session (RFC 8839, section 5.4; RFC 8122, section 5). */
const TRANSPORT = /^a=(ice-ufrag|ice-pwd|ice-options|fingerprint|setup):/;
/** Addresses of the client, which the server learns from its packets. */
const ADDRESS = /^a=(rtcp|candidate):|^a=end-of-candidates/;

/**
 * Shortens an offer to what the server reads, and asks for the sounds' encoding: the server repeats these parameters in
 * its answer, where the browser's encoder takes them from.
 */
export function outgoingOffer(sdp: string, sounds: ReadonlyMap<string, Sound>): string {
  const [head = "", ...media] = sdp.split(/^(?=m=)/m);
  const transport = new Map<string, string>();
  // What a line says goes before what the session says, as Firefox does of its fingerprint.
  for (const line of [...media, head].flatMap(linesOf)) {
    const [, name] = TRANSPORT.exec(line) ?? [];
    if (name !== undefined && !transport.has(name)) transport.set(name, line);
  }
  const session = [...linesOf(head).filter((line) => !TRANSPORT.test(line)), ...transport.values()];
  return [session, ...media.map((part) => shorten(linesOf(part), sounds))].flat().join("\r\n") + "\r\n";
}

function shorten(lines: readonly string[], sounds: ReadonlyMap<string, Sound>): string[] {
  const isSlot = lines.includes("a=recvonly");
  const mid = lines.find((line) => line.startsWith("a=mid:"))?.slice("a=mid:".length);
  const sound = mid === undefined ? undefined : sounds.get(mid);
  const opus = lines.map((line) => /^a=rtpmap:(\d+) opus\//i.exec(line)?.[1]).find((type) => type !== undefined);
  const kept = lines.filter((line) => {
    if (TRANSPORT.test(line) || ADDRESS.test(line)) return false;
    const [, extension] = /^a=extmap:\d+(?:\/\w+)? (\S+)/.exec(line) ?? [];
    return extension === undefined || (EXTENSIONS.includes(extension) && !(isSlot && NAMING.has(extension)));
  });
  if (sound === undefined || opus === undefined) return kept;
  const format = `a=fmtp:${opus} `;
  return kept.map((line) => (line.startsWith(format) ? format + encoded(line.slice(format.length), sound) : line));
}

/** Voices stop sending in silence; shared sound is stereo and as good as it gets. */
function encoded(format: string, sound: Sound): string {
  const wanted = sound === "voice" ? ["usedtx=1"] : ["stereo=1", "sprop-stereo=1", "maxaveragebitrate=128000"];
  const names = new Set(wanted.map((parameter) => parameter.split("=")[0]));
  const others = format.split(";").filter((parameter) => !names.has(parameter.trim().split("=")[0]));
  return [...others, ...wanted].join(";");
}

const linesOf = (part: string): string[] => part.split("\r\n").filter((line) => line !== "");
