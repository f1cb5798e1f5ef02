// What runs in the pages of browsers that Playwright does not drive.

/** A control by what it says (a regular expression), if one can be seen. */
export function findControl(name) {
  const says = (element) => element.getAttribute("aria-label") ?? element.labels?.[0]?.innerText ?? element.innerText;
  const isSeen = (element) => element.getClientRects().length > 0;
  const controls = [...document.querySelectorAll("button, input, textarea")];
  return controls.find((one) => isSeen(one) && new RegExp(name).test(says(one).trim())) ?? null;
}

/** Whether the page says this. */
export function saysText(text) {
  return document.body.innerText.includes(text);
}
