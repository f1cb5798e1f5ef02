/** The app's mark: a green room with its door open. Decoration. */
export function Mark({ size = 28 }: { readonly size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 64 64" aria-hidden="true">
      <rect width="64" height="64" rx="16" fill="var(--accent)" />
      <path d="M17 50V29a15 15 0 0 1 30 0v9a5 5 0 0 1-5 5H27z" fill="var(--on-accent)" />
      <circle cx="32" cy="29" r="5.5" fill="var(--accent)" />
    </svg>
  );
}
