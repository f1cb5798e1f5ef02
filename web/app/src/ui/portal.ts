/**
 * Where menus and tooltips are put: into a landmark of the page, so that screen readers find all content in one, and over
 * what scrolls. `null`, which is Ariakit's own place, while a dialog makes the page inert.
 */
export function portalPlace(): HTMLElement | null {
  if (document.querySelector("[role=dialog]") !== null) return null;
  const parts = [...document.querySelectorAll<HTMLElement>("main, [role=main], aside")];
  return parts.find((part) => part.checkVisibility()) ?? null;
}
