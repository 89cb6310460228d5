export interface Pair<T> {
  name: string;
  was: T | undefined;
  is: T | undefined;
}

/** Pairs both sides by name: first the expected items, then the others. */
export function pairs<T extends { name: string; schema?: string }>(
  expected: readonly T[],
  found: readonly T[],
): Pair<T>[] {
  const key = ({ schema, name }: T) => JSON.stringify([schema, name]);
  const nameOf = ({ schema, name }: T) => (schema === undefined ? name : `${schema}.${name}`);
  const foundByKey = new Map(found.map((item) => [key(item), item]));
  const known = new Set(expected.map(key));
  return [
    ...expected.map((was) => ({ name: nameOf(was), was, is: foundByKey.get(key(was)) })),
    ...found.filter((item) => !known.has(key(item))).map((is) => ({ name: nameOf(is), was: undefined, is })),
  ];
}
