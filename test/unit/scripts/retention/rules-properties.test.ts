import fc from "fast-check";
import { expect, test } from "vitest";
import {
  type Decision,
  decide,
  type Needed,
  type RetentionRule,
} from "../../../../scripts/lib/retention/rules.ts";
import { bucketKinds, buckets } from "../../../../scripts/lib/time/calendar.ts";
import { type Candidate, candidate, candidates, day, neededOf, now, rules } from "./sets.ts";

const picks = fc.array(fc.nat(), { maxLength: 3 });
const sets = fc.tuple(candidates, rules, picks).map(([all, rule, picked]) => ({
  all,
  rule,
  needed: neededOf(all, picked),
}));
type Case = typeof sets extends fc.Arbitrary<infer T> ? T : never;

const kept = (decisions: readonly Decision<Candidate>[]) =>
  decisions.flatMap(({ backup, keep }) => (keep ? [backup] : []));
const gone = (all: readonly Candidate[], rule: RetentionRule, needed?: Needed, time = now) =>
  decide(all, rule, time, needed).flatMap(({ backup, keep }) => (keep ? [] : [backup]));
const isGood = (one: Candidate) => one.verified && one.class === "regular";

const holds = (property: (example: Case) => void) =>
  fc.assert(fc.property(sets, property), { numRuns: 1_000 });

test("every backup gets one decision, with a reason", () => {
  holds(({ all, rule, needed }) => {
    const decisions = decide(all, rule, now, needed);
    expect(decisions.map(({ backup }) => backup.stem).sort()).toEqual(all.map(({ stem }) => stem).sort());
    expect(decisions.filter(({ reason }) => reason.length < 5)).toEqual([]);
  });
});

test("never fewer than keepAtLeast verified regular ones, or all there are; those of the future do not count", () => {
  holds(({ all, rule, needed }) => {
    const past = all.filter((one) => isGood(one) && one.takenAt <= now);
    const left = kept(decide(all, rule, now, needed)).filter((one) => isGood(one) && one.takenAt <= now);
    expect(left.length).toBeGreaterThanOrEqual(Math.min(rule.keepAtLeast, past.length));
  });
});

test("never the newest verified one, never the newest verified regular one", () => {
  holds(({ all, rule, needed }) => {
    const left = kept(decide(all, rule, now, needed));
    for (const group of [all.filter(({ verified }) => verified), all.filter(isGood)]) {
      const newest = Math.max(...group.map(({ takenAt }) => takenAt.getTime()));
      if (group.length === 0) continue;
      expect(left.some((one) => group.includes(one) && one.takenAt.getTime() === newest)).toBe(true);
    }
  });
});

test("never a pinned, foreign or future one, or one that an interrupted restore needs", () => {
  holds(({ all, rule, needed }) => {
    const wrong = gone(all, rule, needed).filter(
      (one) => one.pinned || one.manifest === null || one.takenAt > now || one.stem === needed.byRestore,
    );
    expect(wrong).toEqual([]);
  });
});

test("never one that is younger than its class allows, counted from the newest verified regular one", () => {
  holds(({ all, rule, needed }) => {
    const past = all.filter((one) => isGood(one) && one.takenAt <= now);
    const reference = Math.max(...past.map(({ takenAt }) => takenAt.getTime()));
    for (const one of gone(all, rule, needed)) {
      expect(past.length).toBeGreaterThan(0);
      const days = one.class === "regular" ? rule.days : rule.preRestoreDays;
      expect((reference - one.takenAt.getTime()) / day).toBeGreaterThan(days);
    }
  });
});

test("the last good one of each of the newest days, weeks, months and years stays", () => {
  holds(({ all, rule, needed }) => {
    const going = new Set(gone(all, rule, needed));
    const past = all
      .filter((one) => isGood(one) && one.takenAt <= now)
      .sort((a, b) => a.takenAt.getTime() - b.takenAt.getTime() || (a.stem < b.stem ? -1 : 1));
    for (const kind of bucketKinds) {
      const last = new Map(past.map((one) => [buckets[kind].of(one.takenAt), one]));
      const newest = [...last].slice(Math.max(0, last.size - rule[kind])).map(([, one]) => one);
      expect(newest.filter((one) => going.has(one))).toEqual([]);
    }
  });
});

test("what is older than a backup that shrank stays until that is accepted", () => {
  holds(({ all, rule, needed }) => {
    const [newest] = all
      .filter((one) => isGood(one) && one.takenAt <= now)
      .sort((a, b) => b.takenAt.getTime() - a.takenAt.getTime() || (a.stem < b.stem ? 1 : -1));
    const shrunk = all.map((one) => (one === newest ? { ...one, shrunk: true } : one));
    const going = gone(shrunk, rule, needed).filter((one) => isGood(one) && !one.shrunk);
    expect(going).toEqual([]);
  });
});

test("pruning again removes nothing", () => {
  holds(({ all, rule, needed }) => {
    const left = kept(decide(all, rule, now, needed));
    expect(gone(left, rule, needed)).toEqual([]);
  });
});

test("without a new backup nothing is removed, after any time", () => {
  holds(({ all, rule, needed }) => {
    const left = kept(decide(all, rule, now, needed)).filter(({ takenAt }) => takenAt <= now);
    const later = new Date(now.getTime() + 400 * day);
    expect(gone(left, rule, needed, later)).toEqual([]);
  });
});

test("a larger setting never removes more", () => {
  const sum = (a: RetentionRule, b: RetentionRule): RetentionRule => ({
    days: a.days + b.days,
    keepAtLeast: a.keepAtLeast + b.keepAtLeast,
    daily: a.daily + b.daily,
    weekly: a.weekly + b.weekly,
    monthly: a.monthly + b.monthly,
    yearly: a.yearly + b.yearly,
    preRestoreDays: a.preRestoreDays + b.preRestoreDays,
  });
  fc.assert(
    fc.property(sets, rules, ({ all, rule, needed }, more) => {
      const before = new Set(gone(all, rule, needed));
      expect(gone(all, sum(rule, more), needed).filter((one) => !before.has(one))).toEqual([]);
    }),
    { numRuns: 1_000 },
  );
});

test("the order of the directory decides nothing", () => {
  const shuffled = sets.chain((example) =>
    fc
      .shuffledSubarray(example.all, { minLength: example.all.length, maxLength: example.all.length })
      .map((other) => ({ ...example, other })),
  );
  fc.assert(
    fc.property(shuffled, ({ all, other, rule, needed }) => {
      expect(decide(other, rule, now, needed)).toEqual(decide(all, rule, now, needed));
    }),
    { numRuns: 500 },
  );
});

test("a clock that is set back removes nothing that is newer than its time", () => {
  fc.assert(
    fc.property(sets, fc.integer({ min: 1, max: 20_000 }), ({ all, rule, needed }, days) => {
      const back = new Date(now.getTime() - days * day);
      expect(gone(all, rule, needed, back).filter((one) => one.takenAt > back)).toEqual([]);
    }),
  );
});

/** A good backup dated so many days after the others. */
const ahead = (days: number): Candidate => candidate(-days, { stem: "shop_ahead" });

test("once a clock that ran ahead is right again, what it dated decides nothing for the others", () => {
  fc.assert(
    fc.property(sets, fc.integer({ min: 1, max: 20_000 }), ({ all, rule, needed }, days) => {
      const jumped = ahead(days);
      expect(gone([...all, jumped], rule, needed)).toEqual(gone(all, rule, needed));
    }),
    { numRuns: 1_000 },
  );
});

test("while a clock runs ahead, its first good backup leaves all but one of the newest keepAtLeast, and every bucket", () => {
  fc.assert(
    fc.property(sets, fc.integer({ min: 1, max: 20_000 }), ({ all, rule, needed }, days) => {
      const jumped = ahead(days);
      const past = all.filter(({ takenAt }) => takenAt <= now);
      const going = new Set(gone([...past, jumped], rule, needed, jumped.takenAt));
      const good = past
        .filter(isGood)
        .sort((a, b) => b.takenAt.getTime() - a.takenAt.getTime() || (a.stem < b.stem ? 1 : -1));
      expect(good.slice(0, rule.keepAtLeast - 1).filter((one) => going.has(one))).toEqual([]);
      for (const kind of bucketKinds) {
        const last = new Map(good.toReversed().map((one) => [buckets[kind].of(one.takenAt), one]));
        last.delete(buckets[kind].of(jumped.takenAt));
        const newest = [...last].slice(Math.max(0, last.size - rule[kind] + 1)).map(([, one]) => one);
        expect(newest.filter((one) => going.has(one))).toEqual([]);
      }
    }),
    { numRuns: 1_000 },
  );
});

test("the sets are rich enough: many of them remove something, and some of them are blocked", () => {
  const examples = fc.sample(sets, { numRuns: 500, seed: 4 });
  expect(
    examples.filter(({ all, rule, needed }) => gone(all, rule, needed).length > 0).length,
  ).toBeGreaterThan(100);
  const held = examples.filter(({ all, rule, needed }) =>
    decide(all, rule, now, needed).some(({ reason }) => reason.includes("suspiciously small")),
  );
  expect(held.length).toBeGreaterThan(5);
});
