/** How many logins may be under way. */
export interface Limits {
  /** Below `unlimited` concurrent logins the route is not looked up. */
  unlimited: number;
  /** Per route. */
  perRoute: number;
  /** On all routes. */
  together: number;
}

/** Runs a login's work when its route has a free slot. */
export type Gate<Login> = <T>(login: Login, work: () => Promise<T>) => Promise<T>;

/**
 * Limits concurrent logins, in all and per route. Below `unlimited` concurrent logins the route is not looked up: most
 * runs have few.
 * @param routeOf must not reject
 */
export function gate<Login>(
  routeOf: (login: Login) => Promise<string>,
  { unlimited, perRoute, together }: Limits,
): Gate<Login> {
  const inside = new Set<{ login: Login }>();
  const routes = new Map<Login, string>();
  const asked = new Map<Login, Promise<void>>();
  let changed = Promise.withResolvers<void>();

  function learn(login: Login): Promise<void> {
    const present = asked.get(login);
    if (present !== undefined) return present;
    const answer = routeOf(login).then((route) => {
      routes.set(login, route);
    });
    asked.set(login, answer);
    return answer;
  }

  /** Null while a route is unknown. */
  function hasRoom(login: Login): boolean | null {
    if (inside.size < unlimited) return true;
    if (inside.size >= together) return false;
    const route = routes.get(login);
    const others = [...inside].map((one) => routes.get(one.login));
    if (route === undefined || others.includes(undefined)) return null;
    return others.filter((other) => other === route).length < perRoute;
  }

  return async (login, work) => {
    for (let room = hasRoom(login); room !== true; room = hasRoom(login)) {
      if (room === null) await Promise.all([login, ...[...inside].map((one) => one.login)].map(learn));
      else await changed.promise;
    }
    const own = { login };
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
