import { basename, join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { prune } from "../../../../scripts/lib/retention/apply.ts";
import { pruningPreview } from "../../../../scripts/lib/retention/pruning-preview.ts";
import { listBackups } from "../../../../scripts/lib/store/backups.ts";
import { namedBackup } from "../../../../scripts/lib/store/find.ts";
import { listPins, pin, unpin } from "../../../../scripts/lib/store/pinning.ts";
import { layDown, newDirectory, removeDirectories, shop } from "./directories.ts";

const now = new Date();
afterEach(removeDirectories);

test("archives of both compressions in one directory age as one row", async () => {
  const directory = newDirectory({ keepAtLeast: 2 });
  const endings = ["sql.zst", "sql.gz", "sql.zst", "sql.gz", "sql.zst"] as const;
  const stems = endings.map((ending, index) => layDown(directory, { daysAgo: index * 10, ending }, now));
  const { removed } = await prune(directory.settings, shop, directory.log);
  expect(removed).toEqual([4, 3, 2].map((index) => `${stems[index]}.${endings[index]}`));
  expect(directory.files().filter((name) => /\.sql\.(gz|zst)$/.test(name))).toEqual([
    `${stems[1]}.sql.gz`,
    `${stems[0]}.sql.zst`,
  ]);
});

test("beside an archive that was compressed again the one that the manifest describes ages, and the other stays for good", async () => {
  const directory = newDirectory({ keepAtLeast: 1 });
  const newest = layDown(directory, { daysAgo: 0, parts: ["archive", "manifest"], ending: "sql.zst" }, now);
  const old = layDown(directory, { daysAgo: 20 }, now);
  directory.write(`${newest}.sql.gz`, "compressed again");
  directory.write(`${old}.sql.zst`, "compressed again");
  const reported = () =>
    pruningPreview(directory.settings, [shop], true).files.map(
      ({ file, decision, reason }) => `${decision} ${file}: ${reason}`,
    );
  const age = "taken 20 d before the newest verified regular one, kept for 7 days";
  expect(reported()).toEqual([
    `keep ${old}.json: belongs to ${old}.sql.gz`,
    `remove ${old}.roles.sql: removed with ${old}.sql.gz`,
    `remove ${old}.sql.gz: ${age}`,
    `keep ${old}.sql.zst: its manifest is not right: it describes ${old}.sql.gz`,
    `keep ${newest}.json: belongs to ${newest}.sql.zst`,
    `keep ${newest}.sql.gz: its manifest is not right: it describes ${newest}.sql.zst`,
    `keep ${newest}.sql.zst: the newest verified backup`,
  ]);
  expect((await prune(directory.settings, shop, directory.log)).removed).toEqual([`${old}.sql.gz`]);
  const left = directory.files();
  expect(left).toEqual([
    ...[`${old}.json`, `${old}.sql.zst`],
    ...[`${newest}.json`, `${newest}.sql.gz`, `${newest}.sql.zst`],
  ]);
  await prune(directory.settings, shop, directory.log);
  expect(directory.files()).toEqual(left);
  expect(listBackups(directory.path, shop.name).map(({ archivePath }) => basename(archivePath))).toEqual([
    `${newest}.sql.zst`,
    `${newest}.sql.gz`,
    `${old}.sql.zst`,
  ]);
});

test("a backup is pinned by the name of its archive, of a file beside it, or by its stem", async () => {
  const directory = newDirectory({ keepAtLeast: 1 });
  layDown(directory, { daysAgo: 0 }, now);
  const old = layDown(directory, { daysAgo: 20, ending: "sql.zst" }, now);
  for (const operand of [`${old}.sql.zst`, `${old}.json`, old, join(directory.path, `${old}.roles.sql`)]) {
    const named = namedBackup(directory.settings, operand);
    expect(named.archive).toBe(`${old}.sql.zst`);
    pin(directory.settings, named, null, directory.log);
    expect(directory.files()).toContain(`${old}.sql.zst.pin`);
    expect((await prune(directory.settings, shop, directory.log)).removed).toEqual([]);
    unpin(directory.settings, named, directory.log);
    expect(directory.files()).not.toContain(`${old}.sql.zst.pin`);
  }
  expect(() => namedBackup(directory.settings, `${old}.sql.gz`)).toThrow(
    `there is no backup ${old}.sql.gz in`,
  );
  directory.write(`${old}.sql.gz.pin`, "by hand");
  directory.write("shop_20200101_000000.sql.zst.pin");
  directory.write("shop_20200102_000000.pin");
  expect(listPins(directory.settings)).toEqual([
    {
      ...{ pin: "shop_20200101_000000.sql.zst.pin", archive: "shop_20200101_000000.sql.zst" },
      ...{ reason: null, present: false },
    },
    { pin: "shop_20200102_000000.pin", archive: "shop_20200102_000000", reason: null, present: false },
    { pin: `${old}.sql.gz.pin`, archive: `${old}.sql.zst`, reason: "by hand", present: true },
  ]);
  expect((await prune(directory.settings, shop, directory.log)).removed).toEqual([]);
});
