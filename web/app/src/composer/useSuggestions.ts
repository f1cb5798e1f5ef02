import { useCallback, useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Member } from "@greenroom/client";
import { findEmoji, loadEmoji, type EmojiEntry } from "../emoji/data";
import { announce } from "../ui/announce";
import { findPeople, tokenAt, type Token } from "./completion";

const SUGGESTIONS_MAX = 8;

export type Suggestion =
  | { readonly kind: "person"; readonly id: string; readonly member: Member }
  | { readonly kind: "emoji"; readonly id: string; readonly entry: EmojiEntry };

export interface Suggestions {
  readonly token: Token | undefined;
  readonly items: readonly Suggestion[];
  readonly chosen: number;
  /** Looks again: the text or the caret is another. */
  readonly look: (text: string, caret: number) => void;
  readonly choose: (at: number) => void;
  readonly close: () => void;
}

/** Suggests who or which emoji is being named. */
export const useSuggestions = (members: readonly Member[]): Suggestions => {
  const { t, i18n } = useTranslation("timeline");
  const [token, setToken] = useState<Token>();
  const [items, setItems] = useState<readonly Suggestion[]>([]);
  const [chosen, setChosen] = useState(0);
  const kind = token?.kind;
  const typed = token?.typed;
  useEffect(() => {
    if (kind === undefined || typed === undefined) return undefined;
    let current = true;
    const show = (found: readonly Suggestion[]): void => {
      if (!current) return;
      setItems(found);
      setChosen(0);
      if (found.length > 0) announce(t("compose.suggestions", { count: found.length }));
    };
    void suggest(kind, typed, members, i18n.language).then(show, () => show([]));
    return () => {
      current = false;
    };
  }, [kind, typed, members, i18n.language, t]);
  const look = useCallback((text: string, caret: number) => {
    const next = tokenAt(text, caret);
    setToken((now) =>
      now?.from === next?.from && now?.typed === next?.typed && now?.kind === next?.kind ? now : next,
    );
    if (next === undefined) setItems([]);
  }, []);
  const close = useCallback(() => {
    setToken(undefined);
    setItems([]);
  }, []);
  return { token, items: token === undefined ? [] : items, chosen, look, choose: setChosen, close };
};

const suggest = async (
  kind: Token["kind"],
  typed: string,
  members: readonly Member[],
  language: string,
): Promise<readonly Suggestion[]> => {
  switch (kind) {
    case "person":
      return findPeople(members, typed, SUGGESTIONS_MAX).map((member) => ({ kind, id: member.user, member }));
    case "emoji": {
      const set = await loadEmoji(language);
      return findEmoji(set, typed, SUGGESTIONS_MAX).map((entry) => ({ kind, id: entry.emoji, entry }));
    }
  }
};
