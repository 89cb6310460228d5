import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { directory, name, type PruneServer, startPruneServer } from "./prune-server.ts";

let server: PruneServer;

beforeAll(async () => {
  server = await startPruneServer();
});
afterAll(() => server?.remove());
beforeEach(() => server.retain({ keepAtLeast: 1 }));

const archives = async () => (await server.files()).filter((file) => file.endsWith(".sql.gz"));
const times = [
  "2025-01-01T01:00:00Z",
  "2025-01-02T01:00:00Z",
  "2025-01-03T01:00:00Z",
  "2025-02-01T01:00:00Z",
];

test("a pin keeps a backup, by command or by hand, until it is removed", async () => {
  const [byCommand, byHand, free, newest] = await server.layDown(...times);
  const pinned = await server.pin(
    `--reason "before the   'big' migration; \\$(touch /tmp/executed)" ${byCommand}.sql.gz`,
  );
  expect(pinned).toMatchObject({ code: 0, stderr: "" });
  await server.sandbox.run(`touch ${directory}/${byHand}.pin`);
  const mode = await server.sandbox.run(`stat -c %a ${directory}/${byCommand}.sql.gz.pin`);
  expect(mode.stdout.trim()).toBe("600");
  const decision = (await server.decisions()).find(({ file }) => file === `${byCommand}.sql.gz`);
  expect(decision).toMatchObject({
    decision: "keep",
    reason: "pinned: before the 'big' migration; $(touch /tmp/executed)",
  });
  expect((await server.list()).match(/ · verified · pinned$/gm)).toHaveLength(2);
  const pruned = await server.prune();
  expect(pruned.code).toBe(0);
  expect(pruned.stdout).toContain(` removed ${free}.sql.gz, `);
  expect(pruned.stdout).toMatch(/^1 backup removed$/m);
  expect(await archives()).toEqual([byCommand, byHand, newest].map((stem) => `${stem}.sql.gz`));
  expect(JSON.parse((await server.pin("--list --json")).stdout).pins).toEqual([
    expect.objectContaining({ archive: `${byCommand}.sql.gz`, present: true }),
    { pin: `${byHand}.pin`, archive: `${byHand}.sql.gz`, reason: null, present: true },
  ]);
  expect((await server.pin("--list")).stdout).toContain(`${byCommand}.sql.gz  before the 'big' migration`);
  // As a path, as a stem, and as a file beside it.
  expect((await server.pin(`--remove ${directory}/${byCommand}.json ${byHand}`)).code).toBe(0);
  expect((await server.pin("--list")).stdout).toContain("nothing is pinned");
  expect((await server.pin(`--remove ${byHand}`)).stdout).toContain("is not pinned");
  expect((await server.prune()).code).toBe(0);
  expect(await server.files()).toEqual([".json", ".roles.sql", ".sql.gz"].map((end) => newest + end));
  expect(await server.log()).toContain(`pinned ${byCommand}.sql.gz: before the`);
});

test("a backup run leaves a pinned one, too", async () => {
  const [old] = await server.layDown(...times.slice(0, 1));
  await server.pin(`${old}`);
  for (let round = 0; round < 2; round += 1) expect((await server.backUp()).code).toBe(0);
  expect(await archives()).toContain(`${old}.sql.gz`);
  await server.pin(`--remove ${old}`);
  expect((await server.backUp()).code).toBe(0);
  expect(await archives()).not.toContain(`${old}.sql.gz`);
});

test("only a backup can be pinned, and a wrong name pins none of those beside it", async () => {
  const [old] = await server.layDown(...times.slice(0, 1));
  await server.sandbox.run(
    `touch ${directory}/notes.txt ${directory}/other_20250101_010000.sql.gz /root/${old}.sql.gz`,
  );
  for (const file of [
    "notes.txt",
    "other_20250101_010000.sql.gz",
    `/root/${old}.sql.gz`,
    `${name}_20240101_000000.sql.gz`,
  ]) {
    const result = await server.pin(`${old} ${file}`);
    expect([file, result.code]).toEqual([file, 65]);
    expect(result.stderr).not.toBe("");
  }
  for (const words of ["", "--list x", "--remove --reason x y", "--list --remove"]) {
    expect([words, (await server.pin(words)).code]).toEqual([words, 64]);
  }
  expect((await server.pin("--list")).stdout).toContain("nothing is pinned");
  expect((await server.pin("--help")).stdout).toContain("Usage: pin_backup [OPTION…] FILE…");
});

test("a backup that shrank keeps the older ones and warns, until a person accepts it", async () => {
  const [old, usual] = await server.layDown("2025-01-01T01:00:00Z", "2025-01-02T01:00:00Z");
  await server.pin(`${usual}`);
  await server.sandbox.psql('TRUNCATE lessons, "Reporting".daily');
  const emptied = await server.backUp("--json");
  expect(emptied.code).toBe(0);
  const { backup, removed } = JSON.parse(emptied.stdout).databases[0];
  expect(removed).toEqual([]);
  expect(backup.shrunk).toEqual([
    expect.stringMatching(/^size \d+ % smaller than usual: /),
    expect.stringMatching(/^rows \d+ % smaller than usual: .*public\.lessons 0 after 1,200/),
  ]);
  const archive = backup.archive.file;
  expect(await archives()).toContain(`${old}.sql.gz`);
  expect(await server.log()).toContain(`${archive} is suspiciously small (`);
  expect((await server.check()).stdout).toContain(`the newest backup shrank: ${backup.shrunk[0]}`);

  expect((await server.list()).match(/ · verified · suspiciously small$/gm)).toHaveLength(1);

  // A second small backup does not make the first one normal.
  const second = JSON.parse((await server.backUp("--json")).stdout).databases[0].backup;
  expect(second.shrunk).toEqual(backup.shrunk);
  expect((await server.prune()).stdout).toContain("0 backups removed");

  expect((await server.prune(`--accept ${usual}`)).code).toBe(65);
  expect((await server.prune(`--accept ${second.archive.file}`)).code).toBe(0);
  expect((await server.check("--quiet")).stdout).not.toContain("shrank");
  expect((await server.prune()).code).toBe(0);
  expect(await archives()).not.toContain(`${old}.sql.gz`);
  const third = JSON.parse((await server.backUp("--json")).stdout).databases[0].backup;
  expect(third.shrunk).toBeNull();
});
