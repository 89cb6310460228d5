import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { fetchBackup, type Wanted } from "../../../../scripts/lib/copies/fetch.ts";
import { copyToStore } from "../../../../scripts/lib/copies/store-run.ts";
import { storedCopies } from "../../../../scripts/lib/copies/stored.ts";
import { lockPath } from "../../../../scripts/lib/recovery/lock-path.ts";
import { listBackups } from "../../../../scripts/lib/store/backups.ts";
import { acquireLock } from "../../../../scripts/lib/system/lock.ts";
import { inMemory, type Memory, newMemory } from "../store/in-memory.ts";
import { type Local, makeLocal } from "./local.ts";

let local: Local;
let memory: Memory;
const [old, middle, newest] = ["shop_20261121_020000", "shop_20261122_020000", "shop_20261123_020000"];

beforeEach(async () => {
  local = makeLocal();
  memory = newMemory();
  for (const stamp of ["20261121_020000", "20261122_020000", "20261123_020000"]) local.backUp(stamp);
  local.backUp("20261124_020000", "the other", "blog");
  expect(await copyToStore(local.context(), local.place, false, async () => inMemory(memory))).toMatchObject({
    exitCode: 0,
  });
  for (const name of backups()) if (!name.startsWith(".")) rmSync(join(local.settings.paths.backups, name));
});
afterEach(() => rmSync(local.directory, { recursive: true }));

const backups = () => readdirSync(local.settings.paths.backups).sort();
const visible = () => backups().filter((name) => !name.startsWith("."));
const fetch = (wanted: Partial<Wanted>, store = inMemory(memory)) =>
  fetchBackup(
    { context: local.context(), store, place: local.place, key: Buffer.from(local.key, "hex") },
    { database: null, name: null, before: null, ...wanted },
  );

test.each([
  ["the newest of a database", { database: "shop" }, newest],
  ["one by its stem", { name: old }, old],
  ["one by its archive's name", { name: `${middle}.sql.gz` }, middle],
  ["the newest until a moment", { database: "shop", before: new Date("2026-11-22T12:00:00Z") }, middle],
])("%s comes back as it was", async (_, wanted, stem) => {
  expect(await fetch(wanted)).toMatchObject({ database: "shop", wasHere: false });
  expect(visible()).toEqual([`${stem}.json`, `${stem}.roles.sql`, `${stem}.sql.gz`]);
  const [backup] = listBackups(local.settings.paths.backups, "shop");
  expect(backup).toMatchObject({ stem, verified: true });
  expect(readFileSync(backup?.archivePath ?? "", "utf8")).toBe(`dump of ${stem?.slice(5)}`);
  expect(await fetch(wanted)).toMatchObject({ wasHere: true });
});

test("what lies here under its name and is another one is not overwritten", async () => {
  const path = join(local.settings.paths.backups, `${newest}.sql.gz`);
  writeFileSync(path, "mine");
  await expect(fetch({ database: "shop" })).rejects.toThrow("not overwritten");
  expect(readFileSync(path, "utf8")).toBe("mine");
});

test.each([
  ["an archive that is damaged", `${newest}.sql.gz`, /sha256 is not the marker's/],
  ["a manifest that is damaged", `${newest}.json`, /sha256 is not the marker's/],
  ["roles that are gone", `${newest}.roles.sql`, /there is no/],
])("%s: nothing has a name afterwards", async (_, name, reason) => {
  if (name.endsWith(".roles.sql")) memory.files.delete(name);
  else memory.files.set(name, Buffer.from("x".repeat(memory.files.get(name)?.length ?? 0)));
  await expect(fetch({ database: "shop" })).rejects.toThrow(reason);
  expect(visible()).toEqual([]);
  expect(backups().filter((one) => one.endsWith(".partial"))).toEqual([]);
  expect(existsSync(lockPath(local.settings, "shop"))).toBe(true);
  expect(await fetch({ name: old })).toMatchObject({ wasHere: false });
});

test("a marker of somebody without the key is refused, and no older one taken in silence", async () => {
  const marker = `${newest}.copy.json`;
  const text = memory.files.get(marker)?.toString() ?? "";
  memory.files.set(marker, Buffer.from(text.replace("prod", "pr0d")));
  await expect(fetch({ database: "shop" })).rejects.toThrow(/DBK-COPY-6/);
  expect(visible()).toEqual([]);
  expect(await fetch({ name: middle })).toMatchObject({ database: "shop" });
});

test("files without a marker are no copy", async () => {
  memory.files.delete(`${newest}.copy.json`);
  expect(storedCopies(await inMemory(memory).list()).map(({ stem }) => stem)).not.toContain(newest);
  await expect(fetch({ name: newest })).rejects.toThrow(/no copy of any database, named shop_20261123/);
  expect((await fetch({ database: "shop" })).path).toContain(middle);
});

test("without a copy that fits the error says what was looked for", async () => {
  await expect(fetch({ database: "shop", before: new Date("2026-11-01T00:00:00Z") })).rejects.toThrow(
    "store objects (bucket acme) has no copy of shop from 2026-11-01T00:00:00.000Z or before [DBK-COPY-8]",
  );
});

test("while another run has the database's lock, nothing is fetched", async () => {
  const lock = acquireLock(lockPath(local.settings, "shop"), "backup_database", "other");
  await expect(fetch({ database: "shop" })).rejects.toThrow(/locked by/);
  expect(visible()).toEqual([]);
  if ("release" in lock) lock.release();
});
