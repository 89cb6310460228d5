/** `T` with every part optional, as a person may give only some of it. */
export type Part<T> = {
  [K in keyof T]?: T[K] extends object | undefined ? Part<T[K]> | undefined : T[K] | undefined;
};

type Mapping = Record<string, unknown>;

const isMapping = (value: unknown): value is Mapping =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function together(base: Mapping, part: object): Mapping {
  const given = Object.entries(part).filter(([, value]) => value !== undefined);
  const laidOver = given.map(([key, value]: [string, unknown]) => {
    const before = base[key];
    return [key, isMapping(before) && isMapping(value) ? together(before, value) : value];
  });
  return { ...base, ...Object.fromEntries(laidOver) };
}

/** `base` with the parts laid over it, later ones first; mappings are merged key by key, all else is replaced whole. */
export function merged<T extends object>(base: T, ...parts: (Part<T> | undefined)[]): T {
  const given = parts.filter((part) => part !== undefined);
  const start: Mapping = Object.fromEntries(Object.entries(base));
  return given.reduce<Mapping>(together, start) as T;
}
