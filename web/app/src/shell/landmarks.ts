/** Parts of the page that F6 goes through: elements with `data-landmark`, in the order they are read. */

/** Moves the focus to the next part, or the one before, around the ends. */
export function cycleLandmarks(step: 1 | -1): void {
  const parts = [...document.querySelectorAll<HTMLElement>("[data-landmark]")].filter(isShown);
  const at = parts.findIndex((part) => part.contains(document.activeElement));
  const next = parts[(at + step + parts.length) % parts.length] ?? parts[0];
  if (next !== undefined) enterLandmark(next);
}

/** Focuses what one most likely wants of a part: what it marks so, where one writes, what was chosen in it, or itself. */
export function enterLandmark(part: HTMLElement): void {
  const wanted = part.querySelector<HTMLElement>("[data-landmark-focus], textarea, [aria-current='page']");
  (wanted !== null && isShown(wanted) ? wanted : part).focus();
}

const isShown = (element: HTMLElement): boolean => element.checkVisibility({ visibilityProperty: true });
