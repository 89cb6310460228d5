import { closeSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { fetchBackup, type Wanted } from "../../../../scripts/lib/copies/fetch.ts";
import { sealed } from "../../../../scripts/lib/copies/seal.ts";
import { copyToStore } from "../../../../scripts/lib/copies/store-run.ts";
import { storedCopies } from "../../../../scripts/lib/copies/stored.ts";
import { lockPath } from "../../../../scripts/lib/recovery/lock-path.ts";
import { listBackups } from "../../../../scripts/lib/store/backups.ts";
import { acquireLock } from "../../../../scripts/lib/system/lock.ts";
import { inMemory, type Memory, newMemory } from "../store/in-memory.ts";
import { type Local, makeLocal } from "./local.ts";

const usual = { takesOver: false, newest: false };
let local: Local;
let memory: Memory;
const [old, middle, newest] = ["shop_20261121_020000", "shop_20261122_020000", "shop_20261123_020000"];

beforeEach(async () => {
  local = makeLocal();
  memory = newMemory();
  for (const stamp of ["20261121_020000", "20261122_020000", "20261123_020000"]) local.backUp(stamp);
  local.backUp("20261124_020000", "the other", "blog");
  expect(await copyToStore(local.context(), local.place, usual, async () => inMemory(memory))).toMatchObject({
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
    { database: null, name: null, before: null, written: null, ...wanted },
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
  ["roles that are gone", `${newest}.roles.sql`, /is missing or has another size/],
])("%s: nothing has a name afterwards", async (_, name, reason) => {
  if (name.endsWith(".roles.sql")) memory.files.delete(name);
  else memory.files.set(name, Buffer.from("x".repeat(memory.files.get(name)?.length ?? 0)));
  await expect(fetch({ database: "shop" })).rejects.toThrow(reason);
  expect(visible()).toEqual([]);
  expect(backups().filter((one) => one.endsWith(".partial"))).toEqual([]);
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

/** A marker as this stack writes it, with other content. */
function forge(stem: string, changes: object) {
  const marker = JSON.parse(memory.files.get(`${newest}.copy.json`)?.toString() ?? "");
  const { hmac: _, ...content } = { ...marker, backup: stem, ...changes };
  memory.files.set(
    `${stem}.copy.json`,
    Buffer.from(sealed("marker", content, Buffer.from(local.key, "hex"))),
  );
}

test.each([
  ["another backup's files", {}],
  ["a path", { files: [{ name: "../owner.json", bytes: 1, sha256: "0".repeat(64) }] }],
  ["another database", { backup: "shop_20261201_020000", database: "blog" }],
])("a marker that names %s is refused, although it has the right seal", async (_, changes) => {
  forge("shop_20261201_020000", changes);
  await expect(fetch({ database: "shop" })).rejects.toThrow(/names files of other backups.*DBK-COPY-6/);
  expect(visible()).toEqual([]);
});

test("a name that no run gives is no copy, wherever it stands", async () => {
  for (const stamp of ["20260901_990000", "20261399_020000"])
    memory.files.set(`shop_${stamp}.copy.json`, Buffer.from("{}"));
  expect((await fetch({ database: "shop" })).path).toContain(newest);
});

test("a set that was copied there from another server of the stack is not this one's", async () => {
  forge(newest ?? "", { server: "web2" });
  await expect(fetch({ database: "shop" })).rejects.toThrow(/of web2 of .*, which is not this server's/);
});

test("the moment in a backup's name means that backup", async () => {
  const moment = { before: new Date("2026-11-22T02:00:00Z"), written: "20261122_020000" };
  expect((await fetch({ database: "shop", ...moment })).path).toContain(middle);
});

test("what a fetch that was cut off has left is taken for done where it is right", async () => {
  const roles = join(local.settings.paths.backups, `${newest}.roles.sql`);
  writeFileSync(roles, memory.files.get(`${newest}.roles.sql`) ?? "", { mode: 0o600 });
  expect(await fetch({ database: "shop" })).toMatchObject({ wasHere: false });
  expect(visible()).toEqual([`${newest}.json`, `${newest}.roles.sql`, `${newest}.sql.gz`]);
});

test("an archive here that has rotted is not taken for the store's", async () => {
  const { path } = await fetch({ database: "shop" });
  writeFileSync(path, "x".repeat(readFileSync(path).length));
  await expect(fetch({ database: "shop" })).rejects.toThrow(/is not what objects has; it is not overwritten/);
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

test("that a crashed run held the database's lock is known to the next run all the same", async () => {
  const path = lockPath(local.settings, "shop");
  const crashed = acquireLock(path, "restore_database", "crashed");
  if (!("fd" in crashed)) throw new Error("the lock is held");
  closeSync(crashed.fd);
  await fetch({ database: "shop" });
  const next = acquireLock(path, "backup_database", "next");
  expect(next).toMatchObject({ abandoned: ["crashed"] });
  if ("release" in next) next.release();
});

test("while another run has the database's lock, nothing is fetched", async () => {
  const lock = acquireLock(lockPath(local.settings, "shop"), "backup_database", "other");
  await expect(fetch({ database: "shop" })).rejects.toThrow(/locked by/);
  expect(visible()).toEqual([]);
  if ("release" in lock) lock.release();
});
