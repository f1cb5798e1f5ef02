/** The mark as the page's icon, with what is unread on it. */
export function faviconOf({ unread, loud }: { readonly unread: number; readonly loud: number }): string {
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64"><rect width="64" height="64" rx="16" fill="#1b7a4d"/><path d="M17 50V29a15 15 0 0 1 30 0v9a5 5 0 0 1-5 5H27z" fill="#fff"/><circle cx="32" cy="29" r="5.5" fill="#1b7a4d"/>${markOf(unread, loud)}</svg>`;
  return `data:image/svg+xml,${encodeURIComponent(svg)}`;
}

function markOf(unread: number, loud: number): string {
  if (loud > 0) {
    const [text, size] = loud > 9 ? ["9+", 17] : [String(loud), 21];
    return `<circle cx="48" cy="16" r="16" fill="#d92d20"/><text x="48" y="23" font-family="system-ui,sans-serif" font-size="${size}" font-weight="700" fill="#fff" text-anchor="middle">${text}</text>`;
  }
  return unread > 0 ? `<circle cx="50" cy="14" r="11" fill="#d92d20"/>` : "";
}

/** "(3) Bridge · Greenroom" */
export function titleOf(place: string | undefined, { unread }: { readonly unread: number }, app: string): string {
  const count = unread === 0 ? "" : `(${unread > 99 ? "99+" : unread}) `;
  return `${count}${place === undefined ? app : `${place} · ${app}`}`;
}
