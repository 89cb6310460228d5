import fc from "fast-check";
import { defaults } from "../../../../infra/config/defaults.ts";
import type { Needed, RetentionCandidate, RetentionRule } from "../../../../scripts/lib/retention/rules.ts";
import { instantsOf, offsetOf } from "../../../../scripts/lib/time/wall-clock.ts";

/** Random sets of backups and settings. */

export const day = 86_400_000;
export const now = new Date("2026-11-22T12:00:00Z");

/** The stem identifies a backup of a set. */
export type Candidate = RetentionCandidate;

let made = 0;
export const candidate = (daysAgo: number, change: Partial<Candidate> = {}): Candidate => {
  made += 1;
  return {
    stem: `shop_${String(made).padStart(6, "0")}`,
    takenAt: new Date(now.getTime() - daysAgo * day),
    class: "regular",
    verified: true,
    manifest: {},
    pinned: false,
    shrunk: false,
    bytes: 100,
    ...change,
  };
};

export const rule = (change: Partial<RetentionRule> = {}): RetentionRule => ({
  ...defaults.backups.retention,
  ...change,
});

export const rules: fc.Arbitrary<RetentionRule> = fc.record({
  days: fc.integer({ min: 1, max: 40 }),
  keepAtLeast: fc.integer({ min: 1, max: 20 }),
  daily: fc.integer({ min: 0, max: 20 }),
  weekly: fc.integer({ min: 0, max: 10 }),
  monthly: fc.integer({ min: 0, max: 14 }),
  yearly: fc.integer({ min: 0, max: 4 }),
  preRestoreDays: fc.integer({ min: 1, max: 40 }),
});

const zones = [
  "UTC",
  "Europe/Berlin",
  "America/New_York",
  "Australia/Lord_Howe",
  "Pacific/Kiritimati",
] as const;

/** The times of cron's daily run over years, with clock changes, in a time zone. */
const nightly = fc
  .tuple(fc.constantFrom(...zones), fc.integer({ min: 0, max: 900 }), fc.integer({ min: 0, max: 1439 }))
  .map(([zone, days, minute]) => {
    const wall = Math.floor(now.getTime() / day) * day - days * day + minute * 60_000;
    // A skipped wall time has no run. The next morning's replaces it.
    const [instant] = instantsOf(wall, offsetOf(zone)).concat(wall + day / 4);
    return new Date(instant ?? wall);
  });

/** Clocks that jump: years forward, decades back, a second around now. */
const jumped = fc.oneof(
  fc.integer({ min: -20_000, max: 20_000 }).map((days) => new Date(now.getTime() + days * day)),
  fc.integer({ min: -1_000, max: 1_000 }).map((milliseconds) => new Date(now.getTime() + milliseconds)),
);

/** All of the same moment. Only their names differ. */
const same = fc.constantFrom(now, new Date(now.getTime() - 20 * day));

const time = fc.oneof(
  { weight: 6, arbitrary: nightly },
  { weight: 1, arbitrary: jumped },
  { weight: 1, arbitrary: same },
);

const facts = fc.record({
  takenAt: time,
  class: fc.constantFrom("regular" as const, "regular" as const, "regular" as const, "pre-restore" as const),
  state: fc.constantFrom("verified", "verified", "verified", "verified", "damaged", "foreign"),
  pinned: fc.oneof({ weight: 9, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }),
  shrunk: fc.oneof({ weight: 5, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }),
});

/** Up to forty backups. Some are of the same second and differ only in their names. */
export const candidates: fc.Arbitrary<Candidate[]> = fc.array(facts, { maxLength: 40 }).map((all) =>
  all.map(({ takenAt, class: kind, state, pinned, shrunk }, index) => ({
    stem: `shop_${String(index).padStart(6, "0")}`,
    takenAt,
    class: kind,
    verified: state === "verified",
    manifest: state === "foreign" ? null : {},
    pinned,
    shrunk: shrunk && kind === "regular" && state !== "foreign",
    bytes: 100,
  })),
);

/** Some of the stems of a set. */
export const neededOf = (all: readonly Candidate[], picks: readonly number[]): Needed => {
  const stems = picks.flatMap((pick) => all[pick % Math.max(1, all.length)]?.stem ?? []);
  const [byRestore = null, ...proven] = stems;
  return { byRestore, proven: new Set(proven), uncopied: new Map(), bytesShort: 0 };
};
