import { mkdirSync, rmSync, utimesSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, expect, test } from "vitest";
import { carryOut, plannedPruning, prune } from "../../../../scripts/lib/retention/apply.ts";
import { pruningPreview } from "../../../../scripts/lib/retention/pruning-preview.ts";
import { isPinned } from "../../../../scripts/lib/store/pins.ts";
import { removableFiles } from "../../../../scripts/lib/store/removable-files.ts";
import { type BackupSpecification, layDown, newDirectory, removeDirectories, shop } from "./directories.ts";

const now = new Date();
afterEach(removeDirectories);
test("every file has its reason to stay or to go", async () => {
  const directory = newDirectory({ keepAtLeast: 1 });
  const lay = (specification: BackupSpecification) => layDown(directory, specification, now);
  const newest = lay({ daysAgo: 0.5, parts: ["archive", "manifest", "roles", "rehearsal"] });
  const old = lay({ daysAgo: 20, parts: ["archive", "manifest", "roles", "rehearsal", "accepted"] });
  const pinned = lay({ daysAgo: 30, parts: ["archive", "manifest", "stem-pin"] });
  const unverified = lay({ daysAgo: 40, parts: ["archive", "roles"] });
  const damaged = lay({ daysAgo: 50, archive: "damaged" });
  const stray = lay({ daysAgo: 60, parts: ["manifest", "roles"] });
  const pinOnly = lay({ daysAgo: 70, parts: ["pin"] });
  const link = lay({ daysAgo: 80, archive: "link", parts: ["archive", "manifest"] });
  const other = lay({ daysAgo: 90, name: "other" });
  const wrong = lay({ daysAgo: 95, parts: ["archive"] });
  directory.write(`${wrong}.json`, "{}");
  const odd = lay({ daysAgo: 97, parts: ["archive", "manifest"] });
  directory.write(`${odd}.roles.sql`);
  mkdirSync(join(directory.path, `${odd}.rehearsal.json`));
  for (const name of [
    "notes.txt",
    `${old}.txt`,
    ".shop.in-place.json~",
    ".shop.20261122T020000-4f2a1b.sql.gz.partial",
  ])
    directory.write(name);
  const count = "the newest verified regular one, kept for 7 days";
  const expected = [
    `keep ${newest}.sql.gz: the newest verified backup`,
    ...["json", "roles.sql", "rehearsal.json"].map(
      (end) => `keep ${newest}.${end}: belongs to ${newest}.sql.gz`,
    ),
    `remove ${old}.sql.gz: taken 19 d 12 h before ${count}`,
    ...["json", "roles.sql", "rehearsal.json", "accepted"].map(
      (end) => `remove ${old}.${end}: removed with ${old}.sql.gz`,
    ),
    `keep ${pinned}.sql.gz: pinned: before the migration`,
    `keep ${pinned}.json: belongs to ${pinned}.sql.gz`,
    `keep ${pinned}.pin: pins ${pinned}.sql.gz: before the migration`,
    `keep ${unverified}.sql.gz: no manifest: the next backup run adopts it if it is whole`,
    `keep ${unverified}.roles.sql: foreign file: no manifest names it`,
    `remove ${damaged}.sql.gz: its size differs from the manifest; taken 49 d 12 h before ${count}`,
    `remove ${damaged}.json: removed with ${damaged}.sql.gz`,
    `remove ${damaged}.roles.sql: removed with ${damaged}.sql.gz`,
    `remove ${stray}.json: its archive is gone`,
    `remove ${stray}.roles.sql: its archive is gone`,
    `keep ${pinOnly}.sql.gz.pin: a pin without its backup ${pinOnly}.sql.gz`,
    `keep ${link}.sql.gz: foreign file: not a regular file`,
    `keep ${link}.json: belongs to ${link}.sql.gz, which is not a regular file`,
    ...["sql.gz"].map((end) => `keep ${other}.${end}: foreign file: the settings have no database other`),
    ...["json", "roles.sql"].map((end) => `keep ${other}.${end}: foreign file`),
    expect.stringContaining(`keep ${wrong}.sql.gz: its manifest is not right: `),
    expect.stringContaining(`keep ${wrong}.json: not the manifest of ${wrong}.sql.gz: `),
    `remove ${odd}.sql.gz: taken 96 d 12 h before ${count}`,
    `remove ${odd}.json: removed with ${odd}.sql.gz`,
    `keep ${odd}.roles.sql: foreign file: no manifest names it`,
    `keep ${odd}.rehearsal.json: foreign file: not a regular file`,
    "keep notes.txt: foreign file",
    `keep ${old}.txt: foreign file`,
    "keep .shop.in-place.json~: the state of an in-place restore",
    "keep .shop.20261122T020000-4f2a1b.sql.gz.partial: unfinished, of run 20261122T020000-4f2a1b: that run removes it, or the next one if it died",
  ];
  const listed = pruningPreview(directory.settings, [shop], true).files;
  const reported = listed.map(({ file, decision, reason }) => `${decision} ${file}: ${reason}`);
  expect(reported).toEqual(expect.arrayContaining(expected));
  expect(reported).toHaveLength(expected.length);
  expect(reported).toHaveLength(directory.files().length);

  const { removed, problems } = await prune(directory.settings, shop, directory.log);
  expect({ removed, problems }).toEqual({
    removed: [odd, damaged, old].map((stem) => `${stem}.sql.gz`),
    problems: [],
  });
  const left = directory.files();
  expect(left).toEqual(listed.flatMap(({ file, decision }) => (decision === "keep" ? [file] : [])));
});

const specification: fc.Arbitrary<BackupSpecification> = fc.record(
  {
    name: fc.constantFrom("shop", "shop", "shop", "shop", "shop", "other", "shop_2"),
    daysAgo: fc.double({ min: -30, max: 60, noNaN: true }),
    class: fc.constantFrom("regular", "regular", "pre-restore"),
    archive: fc.constantFrom("whole", "whole", "whole", "damaged", "link", "directory"),
    parts: fc.oneof(
      fc.constant(["archive", "manifest", "roles"] as const),
      fc.constant(["archive", "manifest", "roles"] as const),
      fc.subarray(["archive", "manifest", "roles", "rehearsal", "accepted", "pin", "stem-pin"] as const),
    ),
    ending: fc.constantFrom("sql.gz", "sql.zst"),
    shrunk: fc.constantFrom(["rows"]),
  },
  { requiredKeys: ["name", "daysAgo", "class", "archive", "parts", "ending"] },
);
const strange = fc.constantFrom(
  "notes.txt",
  "shop.sql.gz",
  "shop_2026.sql.gz",
  ".hidden",
  "shop_20200101_000000.txt",
  "shop_20200101_000000.sql.zstd",
);
const directories = fc.tuple(
  fc.array(specification, { maxLength: 12 }),
  fc.array(strange, { maxLength: 2 }),
  fc.record({
    days: fc.integer({ min: 1, max: 20 }),
    keepAtLeast: fc.integer({ min: 1, max: 4 }),
    weekly: fc.integer({ min: 0, max: 4 }),
    preRestoreDays: fc.integer({ min: 1, max: 20 }),
  }),
);
type Example = typeof directories extends fc.Arbitrary<infer T> ? T : never;

function directoryOf([specifications, foreignFiles, rule]: Example) {
  const directory = newDirectory(rule);
  const taken = new Set<number>();
  const laid = specifications.flatMap((one) => {
    // Two backups in one second would have the same name.
    const second = Math.round(one.daysAgo * 86_400);
    if (taken.has(second)) return [];
    taken.add(second);
    return [{ ...one, stem: layDown(directory, one, now) }];
  });
  for (const name of foreignFiles) directory.write(name, "somebody's");
  return { directory, laid };
}

const onDirectories = (check: (example: ReturnType<typeof directoryOf>) => Promise<void>) =>
  fc.assert(
    fc
      .asyncProperty(directories, (example) => check(directoryOf(example)))
      .afterEach(async () => {
        removeDirectories();
      }),
    { numRuns: 150 },
  );

test("only files that our manifest names are removed, all together, and never a pin or a pinned file", async () => {
  await onDirectories(async ({ directory, laid }) => {
    const before = directory.files();
    await prune(directory.settings, shop, directory.log);
    const after = new Set(directory.files());
    const gone = before.filter((name) => !after.has(name));
    for (const name of gone) {
      const owner = laid.find(({ stem }) => name.startsWith(`${stem}.`));
      expect(owner).toMatchObject({ name: "shop", parts: expect.arrayContaining(["manifest"]) });
      expect(owner?.parts).not.toContain("pin");
      expect(owner?.parts).not.toContain("stem-pin");
      expect([...after].filter((left) => left.startsWith(`${owner?.stem}.`))).toEqual([]);
    }
  });
});

test("pruning again removes nothing, and the dry run had said what would go", async () => {
  await onDirectories(async ({ directory }) => {
    const before = directory.files();
    const reported = pruningPreview(directory.settings, [shop], true).files;
    expect(reported.map(({ file }) => file)).toEqual(before);
    expect(directory.files()).toEqual(before);
    expect((await prune(directory.settings, shop, directory.log)).problems).toEqual([]);
    const left = directory.files();
    expect(left).toEqual(reported.flatMap(({ file, decision }) => (decision === "keep" ? [file] : [])));
    await prune(directory.settings, shop, directory.log);
    expect(directory.files()).toEqual(left);
  });
});

test("a removal that is cut off anywhere is finished by the next one", async () => {
  const parts = ["archive", "manifest", "roles", "rehearsal", "accepted"] as const;
  for (let cut = 0; cut <= parts.length; cut += 1) {
    const directory = newDirectory({ keepAtLeast: 1 });
    const newest = layDown(directory, { daysAgo: 0 }, now);
    const old = layDown(directory, { daysAgo: 9, parts }, now);
    const [removal] = plannedPruning(directory.settings, shop).removals;
    expect(removal?.files).toHaveLength(parts.length);
    expect(removal?.files.at(0)).toBe(`${old}.sql.gz`);
    expect(removal?.files.at(-1)).toBe(`${old}.json`);
    for (const file of removal?.files.slice(0, cut) ?? []) rmSync(join(directory.path, file));
    await prune(directory.settings, shop, directory.log);
    expect(directory.files()).toEqual([`${newest}.json`, `${newest}.roles.sql`, `${newest}.sql.gz`]);
  }
});

test("what is left of a backup stays while it is young, or pinned", async () => {
  const directory = newDirectory({ keepAtLeast: 1 });
  layDown(directory, { daysAgo: 0 }, now);
  layDown(directory, { daysAgo: 5, parts: ["manifest", "roles"] }, now);
  layDown(directory, { daysAgo: 9, parts: ["manifest", "roles", "pin"] }, now);
  const before = directory.files();
  expect(plannedPruning(directory.settings, shop).removals).toEqual([]);
  await prune(directory.settings, shop, directory.log);
  expect(directory.files()).toEqual(before);
});

test("what is pinned after it was decided stays", async () => {
  const directory = newDirectory({ keepAtLeast: 1 });
  layDown(directory, { daysAgo: 0 }, now);
  const [first = "", second = ""] = [10, 9].map((daysAgo) => layDown(directory, { daysAgo }, now));
  const { removals } = plannedPruning(directory.settings, shop);
  expect(removals.map(({ stem }) => stem)).toEqual([first, second]);
  directory.write(`${first}.pin`);
  const { removed } = await carryOut(
    removableFiles(directory.path),
    (stem) => isPinned(directory.path, stem),
    shop,
    removals,
    directory.log,
  );
  expect(removed).toEqual([`${second}.sql.gz`]);
  expect(directory.files()).toEqual(expect.arrayContaining([`${first}.sql.gz`, `${first}.json`]));
});

test("the only copy of an in-place restore is kept; while it is unknown, nothing is removed", async () => {
  const directory = newDirectory({ keepAtLeast: 1 });
  layDown(directory, { daysAgo: 0 }, now);
  layDown(directory, { daysAgo: 30, class: "pre-restore" }, now);
  directory.write(".shop.in-place.json", "cut of");
  await expect(prune(directory.settings, shop, directory.log)).rejects.toThrow(
    /in-place\.json cannot be read/,
  );
  const { exitCode, files } = pruningPreview(directory.settings, [shop], true);
  expect(exitCode).toBe(1);
  expect(files.filter(({ decision }) => decision === "remove")).toEqual([]);
});

test("a suspiciously small backup blocks the removal of older ones, and the message says how to accept it", async () => {
  const directory = newDirectory({ keepAtLeast: 1 });
  const shrunk = layDown(directory, { daysAgo: 0, shrunk: ["rows 99 % smaller"] }, now);
  layDown(directory, { daysAgo: 10 }, now);
  expect(await prune(directory.settings, shop, directory.log)).toMatchObject({
    removed: [],
    heldBy: `${shrunk}.sql.gz`,
  });
  expect(directory.read("../log")).toContain(
    `${shrunk}.sql.gz is suspiciously small (rows 99 % smaller): older ones are kept until you accept it: /root/prune_backups.sh --accept ${shrunk}.sql.gz [DBK-RETENTION-1]`,
  );
  directory.write(`${shrunk}.accepted`);
  expect(await prune(directory.settings, shop, directory.log)).toMatchObject({
    heldBy: null,
    removed: [expect.any(String)],
  });
});

test("a file's modification time is ignored: a copy, a touch or a clock that jumped changes no decision", () => {
  const daysAgo = fc.uniqueArray(fc.integer({ min: 0, max: 60 }), { minLength: 1, maxLength: 8 });
  const touched = fc.array(fc.integer({ min: -20_000, max: 20_000 }), { minLength: 8, maxLength: 8 });
  fc.assert(
    fc.property(daysAgo, touched, (ages, times) => {
      const directory = newDirectory({ keepAtLeast: 2 });
      for (const age of ages) layDown(directory, { daysAgo: age + 0.5 }, now);
      const before = plannedPruning(directory.settings, shop);
      for (const [index, file] of directory.files().entries()) {
        const time = new Date(now.getTime() + (times[index % times.length] ?? 0) * 86_400_000);
        utimesSync(join(directory.path, file), time, time);
      }
      expect(plannedPruning(directory.settings, shop)).toEqual(before);
    }),
    { numRuns: 20 },
  );
});
