/** Marks that letters bear, once taken apart. */
const MARKS = /\p{M}+/gu;

/** Text that normalising leaves as it is: most of what is searched. */
// eslint-disable-next-line no-control-regex -- all of ASCII is meant
const ASCII = /^[\x00-\x7f]*$/;

/** A text without regard to case, accents and width: what `search` compares, and lists that are filtered should too. */
export const folded = (text: string): string =>
  (ASCII.test(text) ? text : text.normalize("NFKD").replace(MARKS, "")).toLowerCase();
