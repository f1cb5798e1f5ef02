/** A small window that keeps to the corners of a box: dragged, moved by keys, remembered. */

import type { Box } from "./grid";

export interface Corner {
  readonly block: "start" | "end";
  readonly inline: "start" | "end";
}

export interface Point {
  readonly xPx: number;
  readonly yPx: number;
}

/** The corner nearest to the middle of a window that was let go here. */
export function nearestCorner(at: Point, size: Box, box: Box, rightToLeft: boolean): Corner {
  const left = at.xPx + size.widthPx / 2 < box.widthPx / 2;
  const above = at.yPx + size.heightPx / 2 < box.heightPx / 2;
  return { block: above ? "start" : "end", inline: left !== rightToLeft ? "start" : "end" };
}

/** The corner an arrow key leads to; `undefined` for other keys. */
export function cornerByKey(corner: Corner, key: string, rightToLeft: boolean): Corner | undefined {
  switch (key) {
    case "ArrowUp":
      return { ...corner, block: "start" };
    case "ArrowDown":
      return { ...corner, block: "end" };
    case "ArrowLeft":
      return { ...corner, inline: rightToLeft ? "end" : "start" };
    case "ArrowRight":
      return { ...corner, inline: rightToLeft ? "start" : "end" };
    default:
      return undefined;
  }
}

/** Keeps a dragged window within its box. */
export function within(at: Point, size: Box, box: Box): Point {
  return {
    xPx: Math.min(Math.max(0, at.xPx), Math.max(0, box.widthPx - size.widthPx)),
    yPx: Math.min(Math.max(0, at.yPx), Math.max(0, box.heightPx - size.heightPx)),
  };
}

/** Reads a remembered corner; `undefined` from anything else. */
export function cornerFrom(text: string | null): Corner | undefined {
  const [, block, inline] = /^(start|end) (start|end)$/.exec(text ?? "") ?? [];
  if ((block !== "start" && block !== "end") || (inline !== "start" && inline !== "end")) return undefined;
  return { block, inline };
}

export const cornerText = (corner: Corner): string => `${corner.block} ${corner.inline}`;
