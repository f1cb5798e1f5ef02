// A UDP relay between a page and the server that loses packets by a seed, and sees the header of every RTP packet.

import { createSocket } from "node:dgram";

const bound = (socket) =>
  new Promise((done, fail) => socket.once("error", fail).bind(0, "127.0.0.1", () => done(socket)));

/** Numbers between 0 and 1, the same for the same seed (mulberry32). */
const random = (seed) => () => {
  seed = (seed + 0x6d2b79f5) | 0;
  let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
};

/** RTP and not RTCP, by the second byte (RFC 5761 §4). */
const isRtp = (datagram) => {
  const type = datagram[1] & 0x7f;
  return datagram[0] >> 6 === 2 && datagram.length >= 12 && !(type >= 64 && type <= 95);
};

export class Relay {
  /** Relays to this address of the server; `loss` is the part that is lost each way, from 0 to 1. */
  static async to(address, port, seed = 1) {
    const relay = new Relay();
    relay.loss = 0;
    relay.types = { up: new Map(), down: new Map() }; // payload type -> packets
    const chance = random(seed);
    const passes = (datagram, way) => {
      if (isRtp(datagram)) {
        const type = datagram[1] & 0x7f;
        relay.types[way].set(type, (relay.types[way].get(type) ?? 0) + 1);
      }
      return chance() >= relay.loss;
    };
    [relay.inner, relay.outer] = [await bound(createSocket("udp4")), await bound(createSocket("udp4"))];
    let page;
    relay.inner.on("message", (datagram, from) => {
      page = from;
      if (passes(datagram, "up")) relay.outer.send(datagram, port, address);
    });
    relay.outer.on("message", (datagram) => {
      if (page && passes(datagram, "down")) relay.inner.send(datagram, page.port, page.address);
    });
    return relay;
  }

  get port() {
    return this.inner.address().port;
  }

  close() {
    this.inner.close();
    this.outer.close();
  }
}
