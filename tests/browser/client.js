// What a page needs to be in a call, by docs/PROTOCOL.md alone. It runs in the page, as `window.greenroom`.
"use strict";

window.greenroom = (() => {
  const WAIT_MS = 90_000; // a loaded machine is slow, and that is no fault of a call
  const BEAT_MS = 15_000;
  const hex = (bytes) => Array.from(new Uint8Array(bytes), (b) => b.toString(16).padStart(2, "0")).join("");

  class Link {
    constructor(guest) {
      this.guest = guest;
      this.frames = [];
      this.waiting = new Set();
      this.handlers = [];
      this.ids = 0;
    }

    take(frame) {
      if (frame.t === "beat") return;
      for (const handler of this.handlers) handler(frame);
      for (const wait of this.waiting) {
        if (!wait.fits(frame)) continue;
        this.waiting.delete(wait);
        wait.done(frame);
        return;
      }
      this.frames.push(frame);
    }

    expect(fits) {
      const known = this.frames.findIndex(fits);
      if (known >= 0) return Promise.resolve(this.frames.splice(known, 1)[0]);
      return new Promise((done, fail) => {
        const wait = { fits, done };
        this.waiting.add(wait);
        setTimeout(() => {
          if (this.waiting.delete(wait)) fail(new Error(`no ${fits}; instead ${JSON.stringify(this.frames).slice(0, 2000)}`));
        }, WAIT_MS);
      });
    }

    send(t, fields) {
      this.socket.send(JSON.stringify({ t, ...fields }));
    }

    async ask(t, fields) {
      const id = ++this.ids;
      this.send(t, { id, ...fields });
      const answer = await this.expect((frame) => frame.id === id);
      if (answer.t === "error") throw new Error(`${t}: ${answer.code}: ${answer.message}`);
      return answer;
    }

    static async login(name) {
      const pair = await crypto.subtle.generateKey("Ed25519", true, ["sign", "verify"]);
      const key = hex(await crypto.subtle.exportKey("raw", pair.publicKey));
      const link = new Link({ name, key, secret: pair.privateKey });
      await link.connect();
      return link;
    }

    async connect() {
      this.beating ??= setInterval(() => this.socket.readyState === WebSocket.OPEN && this.send("beat"), BEAT_MS);
      this.socket = new WebSocket(location.origin.replace(/^http/, "ws") + "/ws", ["greenroom.v1.json"]);
      this.socket.onmessage = ({ data }) => this.take(JSON.parse(data));
      await new Promise((done, fail) => {
        this.socket.onopen = done;
        this.socket.onerror = () => fail(new Error("no connection"));
      });
      const { name, key, secret } = this.guest;
      this.send("hello", { guest: { name, key }, heartbeat_ms: 30_000, client: "browser tests" });
      const challenge = await this.expect((frame) => frame.t === "challenge" || frame.t === "error");
      const text = ["greenroom guest v1", challenge.node, challenge.nonce, name, key].join("\n");
      this.send("prove", { signature: hex(await crypto.subtle.sign("Ed25519", secret, new TextEncoder().encode(text))) });
      this.welcome = await this.expect((frame) => frame.t === "welcome" || frame.t === "error");
      if (this.welcome.t === "error") throw new Error(this.welcome.message);
    }

    /** Loses the socket and logs in again, as the same guest. */
    async reconnect() {
      const closed = new Promise((done) => (this.socket.onclose = done));
      this.socket.close();
      await closed;
      await this.connect();
    }
  }

  /** One participant: publishes what it is told to and receives in fixed slots. */
  class Call {
    constructor(link, room) {
      this.link = link;
      this.room = room;
      this.sources = new Map(); // mid -> source
      this.slots = []; // { mid, kind, video }
      this.states = new Map(); // mid -> what the server said fills it
      this.participants = new Map();
      link.handlers.push((frame) => this.hear(frame));
    }

    hear(frame) {
      if (frame.room !== this.room) return;
      if (frame.t === "call.slots") for (const slot of frame.slots) this.states.set(slot.mid, slot);
      if (frame.t === "call.demand") this.pause(frame.tracks);
      if (frame.t === "call.speakers") this.speakers = frame.speakers;
      if (frame.t === "call.joined") {
        for (const one of frame.participants) this.participants.set(one.participant, one);
        for (const slot of frame.slots) this.states.set(slot.mid, slot);
      }
      if (frame.t !== "call.changed") return;
      for (const one of [...(frame.joined ?? []), ...(frame.updated ?? [])]) this.participants.set(one.participant, one);
      for (const one of frame.left ?? []) this.participants.delete(one.participant);
    }

    /** Sends the encodings that somebody watches, and no others. */
    pause(tracks) {
      const apply = async () => {
        for (const { mid, encodings } of tracks) {
          const { sender } = this.peer.getTransceivers().find((transceiver) => transceiver.mid === mid) ?? {};
          if (!sender) continue;
          const parameters = sender.getParameters();
          for (const [index, encoding] of parameters.encodings.entries()) {
            encoding.active = encodings.find(({ rid }) => rid === (encoding.rid ?? ""))?.active ?? encodings[index].active;
          }
          await sender.setParameters(parameters);
        }
      };
      this.paused = (this.paused ?? Promise.resolve()).then(apply).catch((error) => (this.failure = error));
    }

    async leave() {
      await this.link.ask("call.leave", { room: this.room });
      this.peer.close();
      this.link.handlers.length = 0;
      for (const { element } of [...this.audioSlots, ...this.videoSlots]) element.remove();
    }

    others() {
      return [...this.participants.values()].filter((one) => one.participant !== this.participant);
    }

    /** `publish`: { microphone, camera, screen: MediaStreamTrack }, `slots`: { audio: n, video: n }. */
    async join(publish, slots, { codec, ...configuration } = {}) {
      this.peer = new RTCPeerConnection({ bundlePolicy: "max-bundle", ...configuration });
      this.peer.onconnectionstatechange = () => {
        if (this.peer.connectionState === "connected") this.times.connected ??= performance.now();
      };
      const senders = new Map();
      for (const [source, track] of Object.entries(publish)) {
        senders.set(source, this.addTrack(source, track, track.kind === "video" ? codec : undefined));
      }
      this.audioSlots = Array.from({ length: slots.audio ?? 0 }, () => this.addSlot("audio"));
      this.videoSlots = Array.from({ length: slots.video ?? 0 }, () => this.addSlot("video"));
      if (slots.data) this.channel = this.peer.createDataChannel("tests");
      this.senders = senders;
      this.joined = await this.negotiate("call.join");
      this.participant = this.joined.participant;
      return this.joined;
    }

    /** `codec`: the only one to be offered, such as `video/H264`; then there is one encoding. */
    addTrack(source, track, codec) {
      const simulcast = source === "camera" && !codec && {
        sendEncodings: [
          // Two, for Chromium makes no more of so small a picture; and small, so that tests are not about encoders.
          { rid: "h", scaleResolutionDownBy: 2, maxBitrate: 150_000 },
          { rid: "f", maxBitrate: 500_000 },
        ],
      };
      const transceiver = this.peer.addTransceiver(track, { direction: "sendonly", ...simulcast });
      transceiver.source = source;
      if (codec) {
        const { codecs } = RTCRtpSender.getCapabilities(track.kind);
        transceiver.setCodecPreferences(codecs.filter(({ mimeType }) => mimeType === codec || mimeType.endsWith("/rtx")));
      }
      return transceiver;
    }

    addSlot(kind) {
      const transceiver = this.peer.addTransceiver(kind, { direction: "recvonly" });
      const element = document.createElement(kind);
      element.autoplay = true;
      element.muted = true;
      element.srcObject = new MediaStream([transceiver.receiver.track]);
      document.body.append(element);
      if (kind === "video") {
        const seen = (_, frame) => {
          element.firstFrame ??= performance.now();
          element.frames = (element.frames ?? 0) + 1;
          element.size = [frame.width, frame.height];
          element.requestVideoFrameCallback(seen);
        };
        element.requestVideoFrameCallback(seen);
      }
      return { transceiver, element, kind };
    }

    /** Offers what there is now, and takes the answer. */
    async negotiate(t, more = {}, options = {}) {
      await this.peer.setLocalDescription(await this.peer.createOffer(options));
      const tracks = this.peer
        .getTransceivers()
        .filter((transceiver) => transceiver.source)
        .map((transceiver) => ({ mid: transceiver.mid, source: transceiver.source }));
      const offer = this.peer.localDescription.sdp;
      this.times = { asked: performance.now() };
      const answer = await this.link.ask(t, { room: this.room, offer, tracks, ...more });
      this.times.answered = performance.now();
      await this.peer.setRemoteDescription({ type: "answer", sdp: await this.route(answer.answer) });
      return answer;
    }

    /** The answer with candidates as the test wants them: of one protocol only, or those of a relay. */
    async route(answer) {
      const candidate = /^a=candidate:\S+ 1 (\S+) \d+ (\S+) (\d+) .*\r\n/gim;
      const { protocol, relay } = window.routing ?? {};
      if (protocol) return answer.replace(candidate, (line, of) => (of.toLowerCase() === protocol ? line : ""));
      if (!relay) return answer;
      const [first] = [...answer.matchAll(candidate)].filter(([, of, address]) => of === "udp" && address.includes("."));
      this.relay ??= await relay(first[2], Number(first[3]));
      const relayed = `a=candidate:1 1 udp 2130706431 127.0.0.1 ${this.relay} typ host\r\n`;
      return answer.replace(candidate, (line) => (line === first[0] ? relayed : ""));
    }

    /** Shows these: [{ slot: index of a video slot, show, width, height, priority, pinned }]. */
    layout(tiles, more = {}) {
      const named = tiles.map(({ slot, ...tile }) => ({
        mid: this.videoSlots[slot].transceiver.mid,
        width: 1280,
        height: 720,
        priority: 100,
        pinned: false,
        ...tile,
      }));
      return this.link.ask("call.layout", { room: this.room, tiles: named, ...more });
    }

    /** getStats of one kind, as plain objects. */
    async stats(type, of = this.peer) {
      const found = [];
      for (const [, stat] of await of.getStats()) if (stat.type === type) found.push({ ...stat });
      return found;
    }

    inbound(slot) {
      return this.stats("inbound-rtp", slot.transceiver.receiver).then(([stat]) => stat);
    }
  }

  /** A microphone whose owner speaks when told to. */
  const voice = () => {
    const context = new AudioContext();
    const [tone, syllables, depth, mouth] = [
      new OscillatorNode(context, { type: "sawtooth", frequency: 180 }),
      new OscillatorNode(context, { frequency: 4 }),
      new GainNode(context, { gain: 0.3 }),
      new GainNode(context, { gain: 0 }),
    ];
    const loudness = new GainNode(context, { gain: 0.4 });
    syllables.connect(depth).connect(loudness.gain);
    const out = context.createMediaStreamDestination();
    tone.connect(loudness).connect(mouth).connect(out);
    tone.start();
    syllables.start();
    return { track: out.stream.getAudioTracks()[0], speak: (on) => (mouth.gain.value = on ? 1 : 0) };
  };

  const fakeDevices = (video = { width: 640, height: 360, frameRate: 10 }) =>
    navigator.mediaDevices.getUserMedia({ audio: true, video });

  /** Waits until `check` gives something true, and gives that. */
  async function until(check, what = String(check)) {
    const end = performance.now() + WAIT_MS;
    for (;;) {
      const value = await check();
      if (value) return value;
      if (performance.now() > end) throw new Error(`not within ${WAIT_MS} ms: ${what}`);
      await new Promise((done) => setTimeout(done, 20));
    }
  }

  return { Link, Call, fakeDevices, voice, until };
})();
