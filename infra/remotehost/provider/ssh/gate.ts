/** How many logins may be under way. */
export interface Widths {
  /** Until so many are, nobody is asked for their way. */
  unasked: number;
  /** On one way. */
  sameWay: number;
  /** On all ways together. */
  together: number;
}

/** Runs the work of a traveller when there is room on the traveller's way. */
export type Gate<Traveller> = <T>(traveller: Traveller, work: () => Promise<T>) => Promise<T>;

/**
 * Lets work begin while few enough are under way: in all, and on the way of each. Ways are asked for only when there are
 * many, because most runs have few.
 * @param wayOf must not reject
 */
export function gate<Traveller>(
  wayOf: (traveller: Traveller) => Promise<string>,
  { unasked, sameWay, together }: Widths,
): Gate<Traveller> {
  const inside = new Set<{ traveller: Traveller }>();
  const ways = new Map<Traveller, string>();
  const asked = new Map<Traveller, Promise<void>>();
  let changed = Promise.withResolvers<void>();

  function learn(traveller: Traveller): Promise<void> {
    const present = asked.get(traveller);
    if (present !== undefined) return present;
    const answer = wayOf(traveller).then((way) => {
      ways.set(traveller, way);
    });
    asked.set(traveller, answer);
    return answer;
  }

  /** Null where somebody's way is not known. */
  function hasRoom(traveller: Traveller): boolean | null {
    if (inside.size < unasked) return true;
    if (inside.size >= together) return false;
    const way = ways.get(traveller);
    const others = [...inside].map((one) => ways.get(one.traveller));
    if (way === undefined || others.includes(undefined)) return null;
    return others.filter((other) => other === way).length < sameWay;
  }

  return async (traveller, work) => {
    for (let room = hasRoom(traveller); room !== true; room = hasRoom(traveller)) {
      if (room === null)
        await Promise.all([traveller, ...[...inside].map((one) => one.traveller)].map(learn));
      else await changed.promise;
    }
    const own = { traveller };
    inside.add(own);
    try {
      return await work();
    } finally {
      inside.delete(own);
      changed.resolve();
      changed = Promise.withResolvers();
    }
  };
}
