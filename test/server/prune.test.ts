import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { directory, name, type PruneServer, startPruneServer } from "./prune-server.ts";

let server: PruneServer;

beforeAll(async () => {
  server = await startPruneServer({ timezone: "Europe/Berlin" });
});
afterAll(() => server?.remove());
beforeEach(() => server.configure(server.settings));

const run = (command: string) => server.sandbox.run(`cd ${directory} && ${command}`);
const archives = async () => (await server.files()).filter((file) => file.endsWith(".sql.gz"));
const archivesOf = (stems: readonly (string | undefined)[]) => stems.map((stem) => `${stem}.sql.gz`).sort();
const gone = (decisions: { file: string; decision: string }[]) =>
  decisions.flatMap(({ file, decision }) =>
    decision === "remove" && file.endsWith(".sql.gz") ? [file] : [],
  );

/** 02:00 in Berlin on ten days around a clock change, the newest last. */
const nights = (first: string, offsetBefore: number, change: number): string[] =>
  Array.from({ length: 10 }, (_, index) => {
    const midnight = Date.parse(`${first}T00:00:00Z`) + index * 86_400_000;
    const offset = index < change ? offsetBefore : offsetBefore === 1 ? 2 : 1;
    return new Date(midnight + (2 - offset) * 3_600_000).toISOString();
  });

describe("a night on which clocks change", () => {
  test.each([
    ["to winter time", nights("2025-10-20", 2, 7)],
    ["to summer time", nights("2025-03-24", 1, 7)],
  ])("%s: each local day's backup is a day's", async (_, times) => {
    const stems = await server.layDown(...times);
    await server.retain({ days: 1, keepAtLeast: 1, daily: 8 });
    expect(gone(await server.decisions())).toEqual(archivesOf(stems.slice(0, 2)));
    expect((await server.prune()).code).toBe(0);
    expect(await archives()).toEqual(archivesOf(stems.slice(2)));
    expect((await server.prune("--quiet")).stdout).toBe("");
    expect(await archives()).toHaveLength(8);
  });

  test("the seed's files are read as local time, and are adopted before they can go", async () => {
    const [newest = ""] = await server.layDown("2025-10-30T01:00:00Z");
    // 02:30 occurs twice in that night, and not at all on 30 March.
    const stamps = {
      "20251026_023000": "2025-10-26T00:30:00Z",
      "20250330_023000": "2025-03-30T01:30:00Z",
      "20250702_003000": "2025-07-01T22:30:00Z",
    };
    for (const stamp of Object.keys(stamps)) await run(`cp ${newest}.sql.gz ${name}_${stamp}.sql.gz`);
    await server.retain({ days: 1, keepAtLeast: 1 });
    expect((await server.prune()).code).toBe(0);
    expect(await archives()).toHaveLength(4);
    await server.retain({ days: 36_500 });
    expect((await server.backUp()).code).toBe(0);
    for (const [stamp, utc] of Object.entries(stamps)) {
      const { createdAt } = await server.manifest(`${name}_${stamp}.sql.gz`);
      expect(Date.parse(createdAt)).toBe(Date.parse(utc));
    }
    await server.retain({ days: 1, keepAtLeast: 1, monthly: 36 });
    expect(gone(await server.decisions())).toEqual([`${name}_20251026_023000.sql.gz`]);
    const kept = (await server.decisions()).find(({ file }) => file === `${name}_20250702_003000.sql.gz`);
    expect(kept?.reason).toContain("the last of the month 2025-07");
  });
});

test("the dry run gives a reason for every file and changes none; then exactly its removals are made", async () => {
  const [old, before, , pinned, stray] = await server.layDown(
    "2025-01-01T01:00:00Z",
    { takenAt: "2025-01-10T01:00:00Z", class: "pre-restore" },
    "2025-02-01T01:00:00Z",
    "2025-01-02T01:00:00Z",
    "2025-01-03T01:00:00Z",
  );
  const foreign = `${name}_20250101_000000.sql.gz`;
  await run(
    `touch ${pinned}.pin notes.txt ${foreign} other_20250101_000000.sql.gz ${old}.rehearsal.json && rm ${stray}.sql.gz`,
  );
  await server.retain({ keepAtLeast: 1 });
  const sums = () => run("sha256sum $(ls -A)");
  const [files, bytes] = [await server.files(), (await sums()).stdout];
  const decisions = await server.decisions();
  expect(decisions.map(({ file }) => file)).toEqual(files);
  expect(decisions.filter(({ reason }) => reason === "")).toEqual([]);
  const removed = [
    ...[".json", ".rehearsal.json", ".roles.sql", ".sql.gz"].map((end) => old + end),
    ...[".json", ".roles.sql"].map((end) => stray + end),
    ...[".json", ".roles.sql", ".sql.gz"].map((end) => before + end),
  ];
  expect(decisions.flatMap(({ file, decision }) => (decision === "remove" ? [file] : [])).sort()).toEqual(
    removed.sort(),
  );
  expect((await sums()).stdout).toBe(bytes);

  const text = await server.prune("--dry-run");
  expect(text).toMatchObject({ code: 0, stderr: "" });
  expect(text.stdout).toContain(`9 would go`);
  expect(text.stdout).toMatch(new RegExp(`remove {2}${old}\\.sql\\.gz +taken 31 d before`));
  expect(text.stdout).toMatch(/keep {4}notes\.txt +foreign file\n/);
  expect((await sums()).stdout).toBe(bytes);

  const result = await server.prune("--json");
  expect(JSON.parse(result.stdout)).toMatchObject({
    exitCode: 0,
    dryRun: false,
    databases: [{ database: name, removed: archivesOf([old, before]), heldBy: null, error: null }],
  });
  expect(await server.files()).toEqual(files.filter((file) => !removed.includes(file)));
  expect(await server.log()).toContain(`removed ${old}.sql.gz, taken`);
});

test("days, weeks, months and years: the last backup of each is kept", async () => {
  const times = Array.from({ length: 500 }, (_, index) =>
    new Date(Date.parse("2025-10-31T01:00:00Z") - index * 86_400_000).toISOString().replace(".000", ""),
  );
  await server.layDown(...times);
  await server.retain({ days: 3, keepAtLeast: 1, daily: 6, weekly: 4, monthly: 4, yearly: 2 });
  expect((await server.prune()).code).toBe(0);
  const days = (await archives()).map((file) => file.slice(name.length + 1, name.length + 9));
  expect(days).toEqual([
    "20241231",
    ...["20250731", "20250831", "20250930"],
    ...["20251012", "20251019", "20251026", "20251027", "20251028", "20251029", "20251030", "20251031"],
  ]);
});

test("it needs no database, waits for no backup, and cleans up behind a crashed run", async () => {
  const [old] = await server.layDown("2025-01-01T01:00:00Z", "2025-02-01T01:00:00Z");
  await server.retain({ keepAtLeast: 1 });
  const lock = `/run/database-backups/${name}.lock`;
  const locked = await server.sandbox.run(
    `exec 9<>${lock}; flock -n 9 && (${server.command.replace("backup_database", "prune_backups")} 9>&-)`,
  );
  expect(locked.code).toBe(75);
  expect(await archives()).toContain(`${old}.sql.gz`);
  const partial = `.${name}.20250101T010000-abcdef.sql.gz.partial`;
  await run(`touch ${partial}`);
  const unfinished = (await server.decisions()).find(({ file }) => file === partial);
  expect(unfinished).toMatchObject({ decision: "keep", reason: expect.stringContaining("unfinished") });
  await server.sandbox.stopDatabase();
  try {
    expect((await server.prune()).code).toBe(0);
  } finally {
    await server.sandbox.startDatabase();
  }
  expect(await server.files()).not.toContain(partial);
  expect(await archives()).toHaveLength(1);
});

test("a file that cannot be removed is reported, and the others are removed", async () => {
  const [first, stuck, third] = await server.layDown(
    ...["2025-01-01T01:00:00Z", "2025-01-02T01:00:00Z", "2025-01-03T01:00:00Z", "2025-02-01T01:00:00Z"],
  );
  await server.retain({ keepAtLeast: 1 });
  // In a sticky directory of another user even root needs a capability to remove that user's files.
  const powerless = "setpriv --bounding-set -fowner";
  await run(`mv ${stuck}.sql.gz copy && cp copy ${stuck}.sql.gz && rm copy`);
  await run(`chmod 1777 . && chown nobody . ${stuck}.sql.gz`);
  try {
    const result = await server.prune("--json", powerless);
    expect(result.code).toBe(1);
    expect(JSON.parse(result.stdout).databases[0]).toMatchObject({
      exitCode: 1,
      removed: archivesOf([first, third]),
      error: expect.stringContaining(`could not remove ${stuck}.sql.gz`),
    });
    expect(await server.files()).toEqual(expect.arrayContaining([`${stuck}.json`, `${stuck}.roles.sql`]));
    // A backup run reports it too, and its backup exists.
    const backup = await server.sandbox.run(`${powerless} ${server.command} --json`);
    expect(backup.code).toBe(1);
    expect(JSON.parse(backup.stdout).databases[0].backup.class).toBe("regular");
  } finally {
    await run("chown root . *.sql.gz && chmod 0700 .");
  }
  expect((await server.prune()).code).toBe(0);
  expect(await server.files()).not.toContain(`${stuck}.json`);
});

test("a command line that is wrong changes nothing", async () => {
  await server.layDown("2025-01-01T01:00:00Z");
  for (const words of ["nope", "--unknown", "--accept x NAME", "--accept x --dry-run"]) {
    expect((await server.prune(words)).code).toBe(64);
  }
  expect((await server.prune("--accept nope")).code).toBe(65);
  expect((await server.prune("--settings /nowhere")).code).toBe(78);
  expect((await server.prune("--help")).stdout).toContain("Usage: prune_backups [OPTION…] [NAME…]");
  expect((await server.prune(`--dry-run ${name}`)).code).toBe(0);
});
