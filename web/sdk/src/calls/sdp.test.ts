import { describe, expect, it } from "vitest";
import { outgoingOffer } from "./sdp.js";

const transport = [
  "a=rtcp:9 IN IP4 0.0.0.0",
  "a=candidate:1 1 udp 1 10.0.0.1 5000 typ host",
  "a=ice-ufrag:abcd",
  "a=ice-pwd:0123456789012345678901",
  "a=ice-options:trickle",
  "a=fingerprint:sha-256 AA:BB",
  "a=setup:actpass",
];
const line = (kind: string, mid: string, direction: string, ...more: string[]): string[] => [
  `m=${kind} 9 UDP/TLS/RTP/SAVPF 111`,
  "c=IN IP4 0.0.0.0",
  ...transport,
  `a=mid:${mid}`,
  "a=extmap:1 urn:ietf:params:rtp-hdrext:sdes:mid",
  "a=extmap:2/recvonly urn:3gpp:video-orientation",
  "a=extmap:3 http://www.webrtc.org/experiments/rtp-hdrext/playout-delay",
  `a=${direction}`,
  ...more,
];
const opus = ["a=rtpmap:111 opus/48000/2", "a=fmtp:111 minptime=10;useinbandfec=1"];
const offer = (...lines: string[][]): string =>
  [["v=0", "o=- 1 2 IN IP4 127.0.0.1", "s=-", "t=0 0", "a=group:BUNDLE 0 1"], ...lines].flat().join("\r\n") + "\r\n";

describe("outgoingOffer", () => {
  it("says the transport once, for the session", () => {
    const sent = outgoingOffer(offer(line("audio", "0", "recvonly"), line("video", "1", "recvonly")), new Map());
    const [head] = sent.split(/^m=/m);
    for (const name of ["ice-ufrag", "ice-pwd", "fingerprint", "setup"]) {
      expect(sent.match(new RegExp(`a=${name}:`, "g"))).toHaveLength(1);
      expect(head).toContain(`a=${name}:`);
    }
    expect(sent).not.toContain("a=candidate");
    expect(sent).not.toContain("a=rtcp:");
    expect(sent.endsWith("\r\n")).toBe(true);
    expect(sent).not.toContain("\r\n\r\n");
  });

  it("keeps what the browser says once for the session, as Firefox does of its fingerprint", () => {
    const fingerprint = "a=fingerprint:sha-256 CC:DD";
    const offered = offer(
      [fingerprint],
      line("audio", "0", "recvonly").filter((one) => !one.includes("fingerprint")),
    );
    expect(outgoingOffer(offered, new Map()).match(/a=fingerprint:.*/g)).toEqual([fingerprint]);
  });

  it("keeps the extensions that the server reads, and names of streams only where one sends", () => {
    const sent = outgoingOffer(offer(line("video", "0", "recvonly"), line("video", "1", "sendonly")), new Map());
    const [, slot, publication] = sent.split(/^m=/m);
    expect(slot).not.toContain("sdes:mid");
    expect(publication).toContain("sdes:mid");
    expect(slot).toContain("a=extmap:2/recvonly urn:3gpp:video-orientation");
    expect(sent).not.toContain("playout-delay");
  });

  it("asks for silence to be left out of voices, and for stereo of shared sound, in their lines only", () => {
    const lines = ["0", "1", "2"].map((mid) => line("audio", mid, mid === "0" ? "recvonly" : "sendonly", ...opus));
    const sounds = new Map([
      ["1", "voice"],
      ["2", "music"],
    ] as const);
    const [, slot, voice, music] = outgoingOffer(offer(...lines), sounds).split(/^m=/m);
    expect(slot).toContain("a=fmtp:111 minptime=10;useinbandfec=1\r\n");
    expect(voice).toContain("a=fmtp:111 minptime=10;useinbandfec=1;usedtx=1\r\n");
    expect(music).toContain(
      "a=fmtp:111 minptime=10;useinbandfec=1;stereo=1;sprop-stereo=1;maxaveragebitrate=128000\r\n",
    );
  });
});
