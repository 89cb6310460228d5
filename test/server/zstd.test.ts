import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { CommandResult } from "../../infra/local-machine/command.ts";
import { type BackupServer, directory, name, startBackupServer } from "./backup-server.ts";
import { withProgram } from "./container-program.ts";
import { commandOf, putPrograms } from "./programs.ts";

let server: BackupServer;

beforeAll(async () => {
  server = await startBackupServer();
  await putPrograms(server.sandbox, ["restore_database"]);
});
afterAll(() => server?.remove());
beforeEach(() => server.configure({ ...server.settings, zstdLevel: 3 }));

const newest = async (ending = ".sql.zst") =>
  (await server.files()).filter((file) => file.endsWith(ending)).at(-1) ?? "";
const restore = (words: string): Promise<CommandResult> =>
  server.sandbox.run(`${commandOf(server.sandbox, "restore_database")} ${words} </dev/null`);
const lessons = () =>
  server.sandbox.psql("SELECT count(*), md5(string_agg(l::text, '' ORDER BY l::text)) FROM lessons l");

async function backUp(): Promise<string> {
  expect(await server.backUp()).toMatchObject({ code: 0, stderr: "" });
  return newest();
}

test("a backup of zstd has a right manifest, a checksum of its own, and restores with stock tools", async () => {
  const archive = await backUp();
  const stem = archive.replace(".sql.zst", "");
  expect(await server.files()).toEqual([`${stem}.json`, `${stem}.roles.sql`, archive]);
  const manifest = await server.manifest(archive);
  expect(manifest.archive).toMatchObject({ file: archive, format: "plain-zstd", compressionLevel: 3 });
  const digest = await server.sandbox.run(`cd ${directory} && sha256sum ${archive} && stat -c %a ${archive}`);
  expect(digest.stdout.split(/\s+/)).toEqual([manifest.archive.sha256, archive, "600", ""]);
  const { container } = server.sandbox;
  const frame = await server.sandbox.run(
    `docker exec -i ${container} sh -c 'cat >/tmp/a.zst && zstd -lv /tmp/a.zst' <${directory}/${archive}`,
  );
  expect(frame.stdout).toContain("XXH64");
  const restored = await server.restoreByStockTools(archive);
  const table = manifest.content?.tables.find(({ name: one }) => one === "lessons");
  expect(Number(await server.sandbox.psql("SELECT count(*) FROM lessons", restored))).toBe(table?.rows);
});

test("a restore of it brings everything back, makes a backup of zstd before, and --rollback undoes it", async () => {
  const archive = await newest();
  const before = await lessons();
  await server.sandbox.psql("DELETE FROM lessons WHERE id % 2 = 0");
  const changed = await lessons();
  const plan = await restore(`--dry-run ${archive}`);
  expect(plan.stdout).toMatch(/pg_dump -U \S+ -d \S+ \| zstd -3$/m);
  expect(plan.stdout).toContain(`zstd -dc ${directory}/${archive} | psql`);
  expect(await restore(`--yes ${archive}`)).toMatchObject({ code: 0, stderr: "" });
  expect(await lessons()).toBe(before);
  const made = await server.manifest(await newest());
  expect(made).toMatchObject({ class: "pre-restore", archive: { format: "plain-zstd" } });
  expect(await restore("--yes --rollback")).toMatchObject({ code: 0, stderr: "" });
  expect(await lessons()).toBe(changed);
});

test("where the container lacks zstd, archives of it are restored all the same", async () => {
  await server.configure(server.settings);
  const archive = await newest();
  const { content } = await server.manifest(archive);
  await withProgram(server.sandbox, "zstd", null, async () => {
    expect(await restore(`--yes --into without_zstd ${archive}`)).toMatchObject({ code: 0, stderr: "" });
  });
  const rows = content?.tables.find(({ name: one }) => one === "lessons")?.rows;
  expect(Number(await server.sandbox.psql("SELECT count(*) FROM lessons", "without_zstd"))).toBe(rows);
});

describe("--verify-only of an archive of zstd", () => {
  test.each([
    ["as it is", "cat", 0, "whole"],
    ["cut off", "head -c -1000", 65, "is cut off"],
    ["without its checksum", "head -c -4", 65, "is cut off"],
    ["with one byte changed", "{ head -c 3000; printf x; tail -c +3002; }", 65, "is damaged"],
    ["with a byte after its end", "{ cat; printf x; }", 65, "has bytes after its end"],
    ["with zeros after its end", "{ cat; head -c 100 /dev/zero; }", 65, "has bytes after its end"],
  ])("%s", async (_, change, code, says) => {
    const archive = `${directory}/${await newest()}`;
    const copy = "/tmp/copy.sql.zst";
    await server.sandbox.run(`cp ${archive} /tmp/whole && ${change} </tmp/whole >${copy}`);
    const result = await restore(`--verify-only ${copy}`);
    expect(result.code).toBe(code);
    expect(result.stdout + result.stderr).toContain(says);
  });
});

test("archives of both kinds are listed, and hand-made ones adopted and removed, in one directory", async () => {
  const { container, databaseUser, database } = server.sandbox;
  const pgDump = `docker exec ${container} pg_dump -U ${databaseUser} ${database}`;
  const [byZstd, byGzip] = [`${name}_20250816_155503.sql.zst`, `${name}_20250817_155503.sql.gz`];
  await server.sandbox.run(
    `cd ${directory} && ${pgDump} | docker exec -i ${container} zstd -q -c >${byZstd} && ${pgDump} | gzip >${byGzip}`,
  );
  await server.configure({ ...server.settings, retention: { ...server.settings.retention, keepAtLeast: 5 } });
  const first = JSON.parse((await server.backUp("--json")).stdout).databases[0];
  expect(first.adopted.toSorted()).toEqual([byZstd, byGzip]);
  expect(first.removed).toEqual([]);
  const listed = (await restore("--list")).stdout;
  for (const file of [byZstd, byGzip, await newest(), await newest(".sql.gz")])
    expect(listed).toContain(file);
  await server.configure({
    ...server.settings,
    zstdLevel: 1,
    retention: { ...server.settings.retention, keepAtLeast: 1 },
  });
  const second = JSON.parse((await server.backUp("--json")).stdout).databases[0];
  expect(second.removed).toEqual([byZstd, byGzip]);
  expect(second.backup).toMatchObject({ shrunk: null, archive: { compressionLevel: 1 } });
});
