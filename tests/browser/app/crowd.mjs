// Many members of a room, who do no more than join it: names to write down, without a browser for each.

import { generateKeyPairSync, sign } from "node:crypto";
import { WebSocket } from "../sdk/node.mjs";

/** Guests of these names join a public room, and go. */
export const crowd = (url, room, names) => Promise.all(names.map((name) => join(url, room, name)));

/** A guest's login and one request: docs/PROTOCOL.md, "Logging in". */
function join(url, room, name) {
  const { publicKey, privateKey } = generateKeyPairSync("ed25519");
  const key = Buffer.from(publicKey.export({ format: "jwk" }).x, "base64url").toString("hex");
  const socket = new WebSocket(`${url.replace("http", "ws")}/ws`, "greenroom.v1.json");
  const send = (frame) => socket.send(JSON.stringify(frame));
  return new Promise((done, fail) => {
    socket.on("error", fail);
    socket.on("open", () => send({ t: "hello", heartbeat_ms: 60_000, guest: { name, key } }));
    socket.on("message", (text) => {
      const frame = JSON.parse(String(text));
      if (frame.t === "challenge") {
        const proof = ["greenroom guest v1", frame.node, frame.nonce, name, key].join("\n");
        send({ t: "prove", signature: sign(null, Buffer.from(proof), privateKey).toString("hex") });
      }
      if (frame.t === "welcome") send({ t: "join", id: 1, room });
      if (frame.id === 1 && frame.t === "room") {
        socket.close();
        done();
      }
      if (frame.t === "error") fail(new Error(frame.message));
    });
  });
}
