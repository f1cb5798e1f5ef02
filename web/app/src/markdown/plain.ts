import type { Message } from "@greenroom/client";
import { parseMarkdown } from "./parse";
import { plainText } from "./tree";

/** The letters of a message without its formatting, cut when there are more than `charsMax`; none when it says nothing. */
export const plainTextOf = ({ body }: Pick<Message, "body">, charsMax = Infinity): string => {
  if (body.state !== "present") return "";
  const text = plainText(parseMarkdown(body.text));
  return text.length > charsMax ? `${text.slice(0, charsMax)}…` : text;
};
