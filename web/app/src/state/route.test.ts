import type { DotKey, InviteId, RoomId } from "@greenroom/client";
import { expect, test } from "vitest";
import { hrefTo, parseInvite, parseRoute, type Route } from "./route";

const room = "0123456789abcdef0123456789abcdef" as RoomId;
const invite = "fedcba9876543210fedcba9876543210" as InviteId;
const key = "0123456789abcdef:7" as DotKey;

test.each<Route>([
  { at: "home" },
  { at: "search" },
  { at: "room", room },
  { at: "room", room, message: key },
  { at: "room", room, thread: key },
  { at: "invite", room, invite },
  { at: "broken-invite" },
])("a link to $at leads there", (route) => expect(parseRoute(hrefTo(route))).toEqual(route));

test.each(["", "#", "#/", "#/nowhere", "#/room/x", "#/room/<script>", "#token=abc"])("%j leads home", (fragment) =>
  expect(parseRoute(fragment)).toEqual({ at: "home" }),
);

test.each(["#/invite", "#/invite/", `#/invite/${room}`, `#/invite/${room}/x`, `#/invite/${room}/${invite}0`])(
  "%j is an invite that came in pieces",
  (fragment) => expect(parseRoute(fragment)).toEqual({ at: "broken-invite" }),
);

test("an escaped key is the same, a broken one is the room", () => {
  expect(parseRoute(`#/room/${room}/message/0123456789abcdef%3A7`)).toEqual({ at: "room", room, message: key });
  expect(parseRoute(`#/room/${room}/message/%E0%A4%A`)).toEqual({ at: "room", room });
});

test("an invite is found in what was pasted", () => {
  const found = { at: "invite", room, invite };
  expect(parseInvite(` http://chat.lan:7700/#/invite/${room}/${invite}\n`)).toEqual(found);
  expect(parseInvite(`${room}/${invite}`)).toEqual(found);
  expect(parseInvite("hello")).toBeUndefined();
  expect(parseInvite(`http://chat.lan:7700/#/invite/${room}/${invite.slice(1)}`)).toBeUndefined();
  expect(parseInvite(`${room}/${invite}0`)).toBeUndefined();
});
