// The SDK's calls on the smallest connection there is, as `window.sdk`. It runs in the page, after ../client.js.
"use strict";

window.sdk = (() => {
  const cell = (value) => {
    const listeners = new Set();
    return {
      get: () => value,
      set: (next) => {
        value = next;
        for (const listener of [...listeners]) listener();
      },
      subscribe: (listener) => {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
    };
  };

  /** What calls need of a connection, over a test's link. `parts`: of the SDK, whose own connection uses them likewise. */
  class Signalling {
    constructor(link, parts) {
      this.link = link;
      this.parts = parts;
      this.online = cell(true);
      this.listeners = new Set();
      this.waiting = new Map();
      this.asked = [];
      link.take = ((take) => (frame) => {
        const wait = this.waiting.get(frame.id);
        const parsed = () => parts.parseServerFrame(JSON.stringify(frame));
        if (wait) return this.settle(wait, parsed());
        if (frame.id === undefined && frame.t.startsWith("call.")) return this.hear(parsed());
        take.call(link, frame);
      })(link.take);
    }

    hear(frame) {
      for (const listener of [...this.listeners]) listener(frame);
    }

    settle({ done, fail }, frame) {
      this.waiting.delete(frame.id);
      // A relay stands between, if the test has one: see Call.route of ../client.js.
      if (frame.answer && window.routing) {
        return void greenroom.Call.prototype.route.call(this, frame.answer).then((answer) => done({ ...frame, answer }), fail);
      }
      if (frame.t !== "error") return done(frame);
      fail(this.parts.refusalOf(frame));
    }

    request(frame) {
      if (!this.online.get()) return Promise.reject(this.parts.offline());
      const id = ++this.link.ids;
      this.asked.push(frame);
      return new Promise((done, fail) => {
        this.waiting.set(id, { done, fail });
        this.link.send(frame.t, { ...frame, id });
      });
    }

    onFrame(listener) {
      this.listeners.add(listener);
      return () => this.listeners.delete(listener);
    }

    /** Closes the WebSocket. */
    async drop() {
      const lost = this.lost();
      this.link.socket.close();
      await lost;
    }

    /** Waits until the WebSocket is lost, which it may be already. */
    async lost() {
      const { socket } = this.link;
      if (socket.readyState !== WebSocket.CLOSED) await new Promise((done) => (socket.onclose = done));
      this.online.set(false);
      for (const { fail } of this.waiting.values()) fail(this.parts.offline());
      this.waiting.clear();
    }

    async restore() {
      await this.link.connect();
      this.online.set(true);
    }
  }

  const open = async (link) => {
    const parts = await Promise.all(["calls/calls", "protocol/parse", "connection/refusal"].map((file) => import(`/sdk/${file}.js`)));
    const { openCalls, ...rest } = Object.assign({}, ...parts);
    const signalling = new Signalling(link, rest);
    return { signalling, calls: openCalls(signalling, { running: cell(new Map()), account: "greenroom" }) };
  };

  /** A guest who is the same one after a reload: their key stays with the tab. */
  async function login(name) {
    const kept = JSON.parse(sessionStorage.getItem("test.guest") ?? "null");
    if (!kept) {
      const link = await greenroom.Link.login(name);
      const secret = await crypto.subtle.exportKey("jwk", link.guest.secret);
      sessionStorage.setItem("test.guest", JSON.stringify({ ...link.guest, secret }));
      return link;
    }
    const link = new greenroom.Link({ ...kept, secret: await crypto.subtle.importKey("jwk", kept.secret, "Ed25519", true, ["sign"]) });
    await link.connect();
    return link;
  }

  /** Puts the pictures of tiles into video elements, as a view does. */
  class View {
    constructor(call) {
      this.call = call;
      this.videos = new Map();
      call.slots.subscribe(() => this.paint());
    }

    show(tiles) {
      for (const { tile } of tiles) {
        if (this.videos.has(tile)) continue;
        const video = Object.assign(document.createElement("video"), { autoplay: true, muted: true });
        video.frames = 0;
        const seen = (_, { width, height }) => {
          video.frames += 1;
          video.size = [width, height];
          video.requestVideoFrameCallback(seen);
        };
        video.requestVideoFrameCallback(seen);
        document.body.append(video);
        this.videos.set(tile, video);
      }
      const names = new Set(tiles.map(({ tile }) => tile));
      for (const [tile, video] of this.videos) {
        if (names.has(tile)) continue;
        video.remove();
        this.videos.delete(tile);
      }
      this.call.show(tiles);
      this.paint();
    }

    paint() {
      for (const [tile, video] of this.videos) {
        const stream = this.call.streamOf(tile) ?? null;
        if (video.srcObject !== stream) video.srcObject = stream;
      }
    }
  }

  const until = greenroom.until;
  const others = (call) => call.participants.get().filter(({ participant }) => participant !== call.self);
  const own = (call) => call.participants.get().find(({ participant }) => participant === call.self);

  /** The publication of this source of somebody else: of this participant, or of anyone. */
  const trackOf = (call, source, participant) =>
    until(
      () =>
        others(call)
          .filter((one) => participant === undefined || one.participant === participant)
          .flatMap((one) => one.tracks)
          .find((track) => track.source === source),
      `somebody's ${source}`,
    );

  const more = (video, frames = 10) => {
    const goal = video.frames + frames;
    return until(() => video.frames >= goal, `${frames} frames more`);
  };

  const tile = (name, show, more = {}) => ({
    tile: name,
    show,
    widthPx: 640,
    heightPx: 360,
    priority: 100,
    pinned: false,
    ...more,
  });

  /** What the camera's encodings are: `RTCRtpEncodingParameters` by way of the statistics. */
  const outbound = async () => {
    const found = [];
    for (const connection of connections) {
      if (connection.signalingState === "closed") continue;
      for (const [, stat] of await connection.getStats()) {
        if (stat.type === "outbound-rtp" && stat.kind === "video" && stat.rid) found.push({ rid: stat.rid, active: stat.active });
      }
    }
    return found;
  };

  /** Waits until sound comes: some energy more in a slot for sound. */
  const heard = async () => {
    const energy = async () => {
      let sum = 0;
      for (const connection of connections) {
        if (connection.signalingState === "closed") continue;
        for (const [, stat] of await connection.getStats()) {
          if (stat.type === "inbound-rtp" && stat.kind === "audio") sum += stat.totalAudioEnergy ?? 0;
        }
      }
      return sum;
    };
    const before = await energy();
    return until(async () => (await energy()) > before + 0.001, "sound");
  };

  // The SDK keeps its connections to itself: the test counts them as they are made.
  const connections = [];
  window.RTCPeerConnection = class extends RTCPeerConnection {
    constructor(...options) {
      super(...options);
      connections.push(this);
    }
  };

  return { outbound, heard, connections, open, login, View, until, others, own, trackOf, more, tile };
})();
