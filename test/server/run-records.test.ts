import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { parseRunRecord, type RunRecord } from "../../scripts/contract/run-record.ts";
import { commandOf, putPrograms } from "./programs.ts";
import { backups, name, type StatusServer, startStatusServer } from "./status-server.ts";

let server: StatusServer;
const small = "/root/small";
const file = `${backups}/.runs-$(date -u +%Y-%m).jsonl`;
const run = (script: string) => server.sandbox.run(script);
const command = (program: Parameters<typeof commandOf>[1], words = "") =>
  run(`env -i ${commandOf(server.sandbox, program)} ${words} </dev/null`);

async function records(directory = backups): Promise<RunRecord[]> {
  const { stdout } = await run(`cat ${directory}/.runs-*.jsonl 2>/dev/null || true`);
  return stdout.split("\n").flatMap((line) => (line === "" ? [] : [parseRunRecord(line)]));
}

/** The events, such as `began backup_database` or `ended restore_database failed`. */
async function recordedRuns(): Promise<string[]> {
  return (await records()).map(({ event, program, action, outcome }) =>
    [event, program, action, outcome].filter((word) => word !== null).join(" "),
  );
}

beforeAll(async () => {
  server = await startStatusServer({ database: "empty", tmpfs: { [small]: "256k" } });
  await putPrograms(server.sandbox, ["restore_database", "prune_backups", "pin_backup", "rehearse_restore"]);
  await server.sandbox.psql("CREATE TABLE wares AS SELECT n FROM generate_series(1, 1000) AS n");
});
afterAll(() => server?.sandbox.remove());
beforeEach(() => server.configure({}));
afterEach(() => run(`rm -rf ${backups} ${server.settings.paths.log}*; mkdir -m 0700 ${backups}`));

test("a backup leaves its beginning and its end, for root alone", async () => {
  expect((await server.backUp()).code).toBe(0);
  const [archive] = (await run(`cd ${backups} && ls *.sql.gz`)).stdout.trim().split("\n");
  const [began, ended, ...more] = await records();
  expect(more).toEqual([]);
  expect(began).toMatchObject({
    ...{ event: "began", program: "backup_database", database: name, server: server.settings.server },
    ...{ programsVersion: "0.1.0", ended: null, outcome: null, exitCode: null, file: null },
  });
  expect(began?.bootId).toMatch(/^[0-9a-f-]{36}$/);
  expect(ended).toEqual({
    ...began,
    ...{ event: "ended", outcome: "succeeded", exitCode: 0, error: null, file: archive, removed: 0 },
    ended: expect.stringMatching(/Z$/),
    durationSeconds: expect.any(Number),
    bytes: Number((await run(`stat -c %s ${backups}/${archive}`)).stdout),
    databaseBytes: expect.any(Number),
  });
  expect((await run(`grep -c ' ${ended?.runId} ' ${server.settings.paths.log}`)).stdout.trim()).toBe("2");
  expect((await run(`stat -c '%a %u' ${file}`)).stdout.trim()).toBe("600 0");
});

test("a backup that is killed leaves a beginning, one that fails says why", async () => {
  const started = `until grep -q began ${file} 2>/dev/null; do sleep 0.01; done`;
  await run(`${commandOf(server.sandbox, "backup_database")} & pid=$!; ${started}; kill -9 $pid; wait $pid`);
  expect(await recordedRuns()).toEqual(["began backup_database"]);
  const [database] = server.settings.databases;
  if (database === undefined) throw new Error("the settings have a database");
  await server.configure({ databases: [{ ...database, container: "nobody" }] });
  expect((await server.backUp()).code).toBe(69);
  expect(await recordedRuns()).toEqual([
    ...["began backup_database", "began backup_database", "ended backup_database failed"],
  ]);
  expect((await records()).at(-1)).toMatchObject({
    exitCode: 69,
    error: { kind: "unavailable", text: expect.stringContaining("there is no container nobody") },
  });
});

test("every program that changes something leaves two records, and none that only looks does", async () => {
  await server.backUp();
  const archive = (await run(`cd ${backups} && ls *.sql.gz`)).stdout.trim();
  await run(`rm ${file}`);
  const looks = [
    ["restore_database", "--list"],
    ["restore_database", `--dry-run ${archive}`],
    ["restore_database", `--verify-only ${archive}`],
    ["restore_database", "no-such-file.sql.gz"],
    ["restore_database", "--in-place"],
    ["prune_backups", "--dry-run"],
    ["pin_backup", "--list"],
    ["pin_backup", "no-such-file.sql.gz"],
  ] as const;
  for (const [program, words] of looks) await command(program, words);
  expect(await recordedRuns()).toEqual([]);

  const does = [
    ["pin_backup", archive, 0],
    ["pin_backup", `--remove ${archive}`, 0],
    ["prune_backups", name, 0],
    ["prune_backups", `--accept ${archive}`, 65],
    ["rehearse_restore", name, 0],
    ["restore_database", archive, 77],
    ["restore_database", `--yes ${archive}`, 0],
    ["restore_database", "--yes --rollback", 0],
    ["restore_database", "--yes --at '2001-01-01 02:00'", 65],
  ] as const;
  for (const [program, words, code] of does) expect((await command(program, words)).code, words).toBe(code);
  expect(await recordedRuns()).toEqual([
    ...["began pin_backup pin", "ended pin_backup pin succeeded"],
    ...["began pin_backup unpin", "ended pin_backup unpin succeeded"],
    ...["began prune_backups", "ended prune_backups succeeded"],
    ...["began prune_backups accept", "ended prune_backups accept failed"],
    ...["began rehearse_restore", "ended rehearse_restore succeeded"],
    ...["began restore_database replace", "ended restore_database replace refused"],
    ...["began restore_database replace", "ended restore_database replace succeeded"],
    ...["began restore_database rollback", "ended restore_database rollback succeeded"],
    ...["began restore_database replace", "ended restore_database replace refused"],
  ]);
  const ends = (await records()).filter(({ event }) => event === "ended");
  expect(ends.map(({ database }) => database)).toEqual(ends.map(() => name));
  expect(ends[4]).toMatchObject({ file: archive, durationSeconds: expect.any(Number) });
  expect(ends[6]).toMatchObject({ file: `${backups}/${archive}`, exitCode: 0 });
});

describe("the status check", () => {
  const log = () => server.settings.paths.log;
  const point8 = async () => {
    const { points, runs } = await server.report();
    const problems = points.log.findings.filter(({ advice }) => advice !== null);
    return { level: points.log.level, texts: problems.map(({ text }) => text).join("\n"), ...runs };
  };
  const failing = async () => {
    const [database] = server.settings.databases;
    if (database === undefined) throw new Error("the settings have a database");
    await server.configure({ databases: [{ ...database, container: "nobody" }] });
    expect((await server.backUp()).code).toBe(69);
    await server.configure({});
  };

  test("knows what failed where the log was emptied, rotated away or is gone", async () => {
    await server.backUp();
    await failing();
    const known = { level: "warning", counted: 2, succeeded: 1, texts: expect.stringContaining("nobody") };
    expect(await point8()).toMatchObject(known);
    for (const gone of [`truncate -s 0 ${log()}`, `echo words of nobody >${log()}`, `rm -f ${log()}*`]) {
      await run(gone);
      expect(await point8(), gone).toMatchObject(known);
    }
    await run("sleep 1");
    await server.backUp();
    expect(await point8()).toMatchObject({ level: "note", counted: 3, succeeded: 2, texts: "" });
  });

  test("tells a run that is killed from one that is at work, also without the log", async () => {
    await server.backUp();
    await server.sandbox.psql("BEGIN; DROP TABLE IF EXISTS held; CREATE TABLE held (n int); COMMIT");
    const held = `docker exec ${server.sandbox.container} psql -U ${server.sandbox.databaseUser} -d ${server.sandbox.database} -c 'BEGIN; LOCK TABLE held; SELECT pg_sleep(30)'`;
    await run(
      `${held} >/dev/null 2>&1 & sleep 1; ${commandOf(server.sandbox, "backup_database")} >/dev/null 2>&1 & echo $! >/tmp/pid; sleep 1; rm -f ${log()}`,
    );
    expect((await records()).at(-1)).toMatchObject({ event: "began" });
    expect(await point8()).toMatchObject({ level: "ok", counted: 1, succeeded: 1 });
    await run("kill -9 $(cat /tmp/pid); pkill -9 -P $(cat /tmp/pid)");
    await server.sandbox.psql(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE '%pg_sleep%' AND pid <> pg_backend_pid()",
    );
    await run(`until flock -n ${server.settings.paths.locks}/${name}.lock true; do sleep 0.1; done`);
    expect(await point8()).toMatchObject({
      ...{ level: "warning", counted: 2, succeeded: 1 },
      texts: expect.stringContaining("it began and never ended"),
    });
    expect((await server.backUp()).code).toBe(0);
    expect(await point8()).toMatchObject({ level: "note", counted: 3, succeeded: 2 });
  });

  test("understands the log of the version before, and orders it before the records", async () => {
    await server.backUp();
    await failing();
    await run(`rm ${file}`);
    expect(await point8()).toMatchObject({ level: "warning", counted: 2, succeeded: 1 });
    await run("sleep 1");
    await server.backUp();
    expect(await point8()).toMatchObject({ level: "note", counted: 3, succeeded: 2, texts: "" });
  });

  test("records its verdict when that is another one or the last is long ago, and then only", async () => {
    await server.backUp();
    await server.report();
    const verdicts = async () =>
      (await records()).filter(({ program }) => program === "check_database_status");
    await server.report();
    expect(await verdicts()).toMatchObject([{ outcome: "healthy", error: null }]);
    await run(`mv ${server.settings.paths.cronTable} /root/kept`);
    const { exitCode, summary, verdict } = await server.report();
    await server.report();
    await server.report(name);
    expect((await verdicts()).slice(1)).toMatchObject([
      { ...{ event: "ended", database: null, outcome: verdict, exitCode }, error: { text: summary } },
    ]);
    await run(`mv /root/kept ${server.settings.paths.cronTable}`);
    await server.report();
    await server.report();
    expect((await verdicts()).map(({ outcome }) => outcome)).toEqual(["healthy", verdict, "healthy"]);
    await run(
      `grep check_database_status ${file} | head -2 | tail -1 >${backups}/.runs-2026-01.jsonl; rm ${file}`,
    );
    await server.backUp();
    await server.report();
    await server.report();
    expect((await verdicts()).map(({ outcome }) => outcome)).toEqual([verdict, "healthy"]);
  });

  test("takes no torn line for good, until a backup has succeeded after it", async () => {
    await server.backUp();
    await run(`printf '{"version":1,"event":"ended","prog' >>${file}`);
    expect(await point8()).toMatchObject({ level: "unknown", texts: expect.stringContaining("line 3") });
    await run("sleep 1");
    await server.backUp();
    expect(await point8()).toMatchObject({ level: "note", counted: 2, succeeded: 2, texts: "" });
  });
});

describe("obstacles at the path of the records", () => {
  test.each<[string, string, string]>([
    ["a directory", `mkdir ${file}`, "it is a directory, not a file"],
    ["a link", `ln -s /root/elsewhere ${file}`, "it is a link, not a file"],
    ["another user's file", `touch ${file}; chown nobody ${file}`, "it belongs to user "],
  ])("%s: stops no backup, and is reported on standard error and in the log", async (_, make, why) => {
    expect((await run(make)).code).toBe(0);
    const backup = await server.backUp();
    expect(backup.code).toBe(0);
    const text = "this run cannot be recorded: ";
    expect(backup.stderr.split(text)).toHaveLength(2);
    expect(backup.stderr).toContain(why);
    expect((await run(`tail -n 4 ${server.settings.paths.log}`)).stdout).toContain(text);
    expect((await run("ls /root/elsewhere")).code).not.toBe(0);
    expect((await run(`ls ${backups} | grep -c 'sql.gz$'`)).stdout.trim()).toBe("1");
    const { points, verdict } = await server.report();
    expect(points.log.findings.map(({ text }) => text).join("\n")).toContain(why);
    expect(points.log.level).not.toMatch(/^(ok|note)$/);
    expect(verdict).not.toBe("healthy");
  });

  test("a full disk spoils no record that is written later", async () => {
    const { paths } = server.settings;
    await server.configure({ paths: { ...paths, backups: small } });
    expect((await command("prune_backups", name)).code).toBe(0);
    await run(`cat /dev/zero >${small}/fill 2>/dev/null`);
    let full = await command("prune_backups", name);
    // Fills the file of the records up to its last block.
    for (let attempt = 0; full.stderr === "" && attempt < 20; attempt += 1)
      full = await command("prune_backups", name);
    expect(full.code).toBe(0);
    expect(full.stderr).toContain("cannot be recorded");
    expect(full.stderr).toMatch(/full|ENOSPC/);
    await run(`rm ${small}/fill`);
    expect((await command("prune_backups", name)).stderr).toBe("");
    const { stdout } = await run(`tail -n 2 ${small}/.runs-*`);
    expect(
      stdout
        .trim()
        .split("\n")
        .map((line) => parseRunRecord(line).event),
    ).toEqual(["began", "ended"]);
  });
});
