/** What a build consists of. */
export interface Build {
  readonly name: string;
  /** Addresses of all files, the page as `/`. */
  readonly files: readonly string[];
}

/** Folder of files whose names change with their content. */
const HASHED = "/assets/";

/** Who answers a request: the newest page, the files on the device, or the network alone. */
export function routeOf(
  { url, method, mode }: Pick<Request, "url" | "method" | "mode">,
  origin: string,
): "page" | "asset" | "network" {
  const to = new URL(url);
  if (method !== "GET" || to.origin !== origin) return "network";
  // The app has one page. Other addresses, such as those of the operator, are the server's.
  if (mode === "navigate") return to.pathname === "/" || to.pathname === "/index.html" ? "page" : "network";
  return to.pathname.startsWith(HASHED) ? "asset" : "network";
}

const OURS = /^greenroom-[0-9a-f]+$/;
/** The build in force, and the one before it for tabs that still run it. */
const BUILDS_KEPT = 2;

/** Which caches go, of all in the order they were made. */
export function cacheToDrop(names: readonly string[], current: string): readonly string[] {
  const others = names.filter((name) => OURS.test(name) && name !== current);
  return others.slice(0, Math.max(0, others.length - (BUILDS_KEPT - 1)));
}
