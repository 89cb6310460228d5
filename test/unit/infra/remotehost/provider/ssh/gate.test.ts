import { setImmediate } from "node:timers/promises";
import { expect, test } from "vitest";
import { gate } from "../../../../../../infra/remotehost/provider/ssh/gate.ts";
import { routeIn } from "../../../../../../infra/remotehost/provider/ssh/route.ts";

interface Visit {
  number: number;
  route: string;
}

/** Sends logins through. Returns the largest number of concurrent ones, by route and in total (`all`). */
async function throng(visits: readonly Visit[], together: number) {
  const asked: number[] = [];
  const through = gate(
    async ({ number, route }: Visit) => {
      asked.push(number);
      await setImmediate();
      return route;
    },
    { unlimited: 3, perRoute: 3, together },
  );
  const inside = new Map<string, number>();
  const most = new Map<string, number>();
  const count = (what: string, change: number) => {
    const now = (inside.get(what) ?? 0) + change;
    inside.set(what, now);
    most.set(what, Math.max(now, most.get(what) ?? 0));
  };
  const outcomes = await Promise.allSettled(
    visits.map((visit) =>
      through(visit, async () => {
        for (const what of [visit.route, "all"]) count(what, 1);
        for (let turn = 0; turn < 3; turn += 1) await setImmediate();
        for (const what of [visit.route, "all"]) count(what, -1);
        if (visit.number % 2 === 0) throw new Error(`visitor ${visit.number}`);
        return visit.number;
      }),
    ),
  );
  return { asked, most: Object.fromEntries(most), outcomes };
}

const visitors = (count: number, route: (number: number) => string): Visit[] =>
  Array.from({ length: count }, (_, number) => ({ number, route: route(number) }));

test("logins on one route are limited to its capacity, and all get through, also after failures", async () => {
  const { most, outcomes } = await throng(
    visitors(20, () => "jump"),
    100,
  );
  expect(most).toEqual({ jump: 3, all: 3 });
  expect(outcomes.filter(({ status }) => status === "rejected")).toHaveLength(10);
});

test("those on routes of their own do not wait for each other, but for the room there is in all", async () => {
  const { most } = await throng(
    visitors(20, (number) => `route ${number}`),
    12,
  );
  expect(most.all).toBe(12);
});

test("a full route does not delay other routes", async () => {
  const { most } = await throng(
    visitors(20, (number) => (number < 10 ? "jump" : `route ${number}`)),
    100,
  );
  expect(most).toMatchObject({ jump: 3, all: 13 });
});

test("few logins need no look-up of their route, and none needs two", async () => {
  expect((await throng(visitors(3, String), 100)).asked).toEqual([]);
  const { asked } = await throng(visitors(20, String), 100);
  expect(asked.length).toBe(new Set(asked).size);
});

test.each([
  ["its own sshd", "user root\nhostname 10.0.0.1\nport 22\n", "10.0.0.1:22"],
  ["a jump host", "hostname 10.0.0.1\nport 22\nproxyjump gate\n", "by gate"],
  ["a proxy command", "hostname h\nport 22\nproxycommand nc gate %h %p\n", "by nc gate %h %p"],
  ["nothing", "", ""],
])("the way by %s is read out of what ssh -G prints", (_, configuration, way) => {
  expect(routeIn(configuration)).toBe(way);
});
