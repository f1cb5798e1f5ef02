import { useEffect, useState } from "react";
import type { Found, RoomId, UserId } from "@greenroom/client";
import { useClient } from "../state/client";

/** More would not be read. */
const FOUND_MAX = 100;
/** One letter fits nearly everything; of Chinese it may be a word. */
const CHARS_MIN = 2;

export interface Search {
  readonly found: readonly Found[];
  /** `enough`: there may be more. */
  readonly state: "idle" | "searching" | "done" | "enough";
}

const IDLE: Search = { found: [], state: "idle" };

/** Searches as one types; what was found shows as it comes. */
export const useSearch = (text: string, room: RoomId | undefined, from: UserId | undefined): Search => {
  const client = useClient();
  const [search, setSearch] = useState<Search & { readonly asked: string }>({ ...IDLE, asked: "" });
  const worth = text.length >= CHARS_MIN || /\p{Script=Han}/u.test(text);
  const asked = worth ? JSON.stringify([text, room, from]) : "";
  useEffect(() => {
    if (asked === "") return undefined;
    const ending = new AbortController();
    let found: readonly Found[] = [];
    const show = (state: Search["state"]): void => {
      if (!ending.signal.aborted) setSearch({ found, state, asked });
    };
    const query = {
      text,
      limit: FOUND_MAX,
      signal: ending.signal,
      ...(room !== undefined && { room }),
      ...(from !== undefined && { from }),
    };
    client
      .search(query, (more) => {
        found = [...found, ...more].slice(0, FOUND_MAX);
        show("searching");
      })
      .then(
        () => show(found.length >= FOUND_MAX ? "enough" : "done"),
        () => show("done"),
      );
    return () => ending.abort();
  }, [client, asked, text, room, from]);
  if (asked === "") return IDLE;
  // What was found before stays until the new search finds something.
  return search.asked === asked ? search : { found: search.found, state: "searching" };
};
