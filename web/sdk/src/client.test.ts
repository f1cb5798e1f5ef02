/** A client whose server never answers. */

import { expect, test } from "vitest";

import { openClient } from "./client.js";
import { isRefusal } from "./connection/refusal.js";
import type { RoomId } from "./protocol/values.js";

class SilentSocket extends EventTarget {
  send(): void {
    return;
  }
  close(): void {
    return;
  }
}

const open = () =>
  openClient({
    url: "http://127.0.0.1:1",
    storage: "memory",
    webSocket: SilentSocket as unknown as typeof WebSocket,
  });

const codeOf = (asked: Promise<unknown>): Promise<unknown> =>
  asked.then(
    () => "answered",
    (error: unknown) => (isRefusal(error) ? error.code : error),
  );

test("who signs in while the client is closed is told so, and so is whoever asks afterwards", async () => {
  const client = await open();
  const signingIn = codeOf(client.signIn({ kind: "guest", name: "Ann" }));
  await client.close();
  expect(await signingIn).toBe("offline");
  expect(await codeOf(client.createRoom({ name: "deck", visibility: "public" }))).toBe("offline");
  expect(await codeOf(client.signIn({ kind: "guest", name: "Ann" }))).toBe("offline");
  await client.close();
});

test("a draft that is typed after the end is lost in silence", async () => {
  const client = await open();
  const room = client.room("0".repeat(32) as RoomId);
  await client.close();
  room.setDraft("");
  await new Promise((resolve) => setTimeout(resolve));
});
