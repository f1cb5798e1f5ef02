import { Cell, parseDotKey, type DotKey, type InviteId, type RoomId, type Slice } from "@greenroom/client";
import { useSlice } from "./slices";

/** Where one is in the app. It lives in the fragment of the address, so that every place has a link. */
export type Route =
  | { readonly at: "home" }
  /** A room; at one of its messages, or with one of its threads open. */
  | { readonly at: "room"; readonly room: RoomId; readonly message?: DotKey; readonly thread?: DotKey }
  | { readonly at: "invite"; readonly room: RoomId; readonly invite: InviteId }
  /** A link to an invite that was cut off or mistyped on its way here. */
  | { readonly at: "broken-invite" }
  | { readonly at: "search" };

const HOME: Route = { at: "home" };
const ID = /^[0-9a-f]{32}$/;

/** The place a fragment names; home for what names none. */
export function parseRoute(fragment: string): Route {
  const [at, first = "", second, third = ""] = fragment.replace(/^#?\/?/, "").split("/");
  if (at === "search") return { at: "search" };
  const room = first as RoomId;
  if (at === "invite") {
    const whole = ID.test(first) && second !== undefined && ID.test(second);
    return whole ? { at, room, invite: second as InviteId } : { at: "broken-invite" };
  }
  if (at !== "room" || !ID.test(first)) return HOME;
  const key = decodeDotKey(third);
  if (second === "message" && key !== undefined) return { at, room, message: key };
  if (second === "thread" && key !== undefined) return { at, room, thread: key };
  return { at, room };
}

/** The fragment of a place: `href` of a link to it. */
export function hrefTo(route: Route): string {
  switch (route.at) {
    case "home":
      return "#/";
    case "search":
      return "#/search";
    case "invite":
      return `#/invite/${route.room}/${route.invite}`;
    case "broken-invite":
      return "#/invite";
    case "room":
      if (route.message !== undefined) return `#/room/${route.room}/message/${route.message}`;
      if (route.thread !== undefined) return `#/room/${route.room}/thread/${route.thread}`;
      return `#/room/${route.room}`;
  }
}

/** The whole address of a place, to give to others. */
export const linkTo = (route: Route): string => new URL(hrefTo(route), pageAddress()).href;

const current = new Cell<Route>(parseRoute(typeof location === "undefined" ? "" : location.hash));
if (typeof window !== "undefined") {
  window.addEventListener("hashchange", () => current.set(parseRoute(location.hash)));
}

/** Where one is now. */
export const route: Slice<Route> = current;

/** Where one is now; renders again when that changes. */
export const useRoute = (): Route => useSlice(route);

/** Goes to a place. `replace` leaves no trace in the history. */
export function go(to: Route, how: "push" | "replace" = "push"): void {
  const href = hrefTo(to);
  if (how === "push") {
    if (location.hash !== href) history.pushState(null, "", href);
  } else history.replaceState(null, "", href);
  current.set(parseRoute(href));
}

/** Takes a token out of the address (`#token=…`), so that it stays in no history. */
export function takeToken(): string | undefined {
  const token = new URLSearchParams(location.hash.slice(1)).get("token");
  if (token === null || token === "") return undefined;
  go(HOME, "replace");
  return token;
}

/** What somebody may have pasted: a link to an invite, or its two ids. */
export function parseInvite(text: string): (Route & { readonly at: "invite" }) | undefined {
  const [, room, invite] = /(?<![0-9a-f])([0-9a-f]{32})\s*\/\s*([0-9a-f]{32})(?![0-9a-f])/.exec(text.trim()) ?? [];
  if (room === undefined || invite === undefined) return undefined;
  return { at: "invite", room: room as RoomId, invite: invite as InviteId };
}

function decodeDotKey(text: string): DotKey | undefined {
  let key: string;
  try {
    key = decodeURIComponent(text);
  } catch {
    return undefined; // a broken escape
  }
  return parseDotKey(key) === undefined ? undefined : (key as DotKey);
}

const pageAddress = (): string => location.origin + location.pathname;
