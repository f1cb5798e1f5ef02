/** Reading values of unknown shape into typed ones: what frames are parsed with. */

/** Thrown for a frame of a known type whose fields are not as docs/PROTOCOL.md says. */
export class MalformedFrame extends Error {
  override readonly name = "MalformedFrame";
  /** The field, such as `ops[3].stamp`; never its content. */
  readonly where: string;

  constructor(where: string) {
    super(`the server's frame is malformed at ${where}`);
    this.where = where;
  }
}

/** Reads a value that stands at `where`. @throws MalformedFrame */
export type Read<T> = (value: unknown, where: string) => T;

type Fields = Readonly<Record<string, Read<unknown>>>;
type Present<F extends Fields> = { readonly [K in keyof F]: ReturnType<F[K]> };
type Absent<F extends Fields> = { readonly [K in keyof F]?: Exclude<ReturnType<F[K]>, undefined> };

/** A value that passes a check. */
export const is =
  <T>(check: (value: unknown) => value is T): Read<T> =>
  (value, where) => {
    if (check(value)) return value;
    throw new MalformedFrame(where);
  };

export const text: Read<string> = is((value) => typeof value === "string");
export const boolean: Read<boolean> = is((value) => typeof value === "boolean");

/** One of the names; another, that a later version may have added, counts as `otherwise`. */
export const oneOf = <const T extends string, const O extends string | undefined>(
  names: readonly T[],
  otherwise: O,
): Read<T | O> => {
  const isName = (name: string): name is T => (names as readonly string[]).includes(name);
  return (value, where) => {
    const name = text(value, where);
    return isName(name) ? name : otherwise;
  };
};

/** A list of at most `max` items. */
export const list =
  <T>(item: Read<T>, max: number): Read<readonly T[]> =>
  (value, where) => {
    if (!Array.isArray(value) || value.length > max) throw new MalformedFrame(where);
    let at = 0;
    try {
      const items: T[] = [];
      for (; at < value.length; at += 1) items.push(item(value[at], ""));
      return items;
    } catch (error) {
      // Where an item stands is only spelt out when it is wrong: pages are long.
      if (!(error instanceof MalformedFrame)) throw error;
      throw new MalformedFrame(inside(`${where}[${at}]`, error.where));
    }
  };

/** A map with these fields; unknown ones are left out. */
export const map = <R extends Fields>(required: R): Read<Present<R>> => mapWith(required, {});

/** A map with these fields; absent and `null` are the same for optional ones. */
export const mapWith = <R extends Fields, O extends Fields>(required: R, optional: O): Read<Present<R> & Absent<O>> => {
  const [needed, possible] = [Object.entries(required), Object.entries(optional)];
  return (value, where) => {
    if (typeof value !== "object" || value === null || Array.isArray(value)) throw new MalformedFrame(where);
    const out: Record<string, unknown> = {};
    for (const [name, read] of needed) out[name] = read(own(value, name), inside(where, name));
    for (const [name, read] of possible) {
      const field = own(value, name) ?? undefined;
      const known = field === undefined ? undefined : read(field, inside(where, name));
      if (known !== undefined) out[name] = known;
    }
    return out as Present<R> & Absent<O>;
  };
};

/** A field of the map itself, and nothing that all objects have. */
const own = (map: object, name: string): unknown =>
  Object.hasOwn(map, name) ? (map as Record<string, unknown>)[name] : undefined;

const inside = (where: string, name: string): string => {
  if (where === "" || name === "") return where + name;
  return `${where}.${name}`;
};
