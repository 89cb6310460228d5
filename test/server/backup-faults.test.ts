import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { type BackupServer, directory, name, startBackupServer } from "./backup-server.ts";

let server: BackupServer;
let good: string[];

beforeAll(async () => {
  server = await startBackupServer();
  await server.sandbox.psql(
    "CREATE TABLE bulk AS SELECT n, md5(n::text) || md5((n * 7)::text) AS text FROM generate_series(1, 600000) AS n",
  );
  expect((await server.backUp()).code).toBe(0);
  good = await server.files();
});
afterAll(() => server?.remove());
beforeEach(() => server.configure(server.settings));

const started = `until ls -A ${directory} | grep -q 'sql.gz.partial'; do sleep 0.02; done`;

/** Before that the dump could still fail, because its snapshot ended with the program. */
const dumping = `until find ${directory} -name '.*.sql.gz.partial' -size +0 | grep -q .; do sleep 0.02; done`;

async function nothingIsLeft(): Promise<void> {
  for (let attempt = 0; (await server.sessions()) > 0; attempt += 1) {
    if (attempt > 100) throw new Error("sessions of a crashed run do not end");
    await sleep(100);
  }
  expect(await server.files()).toEqual(good);
}

test.each(["TERM", "INT", "HUP"])(
  "SIG%s in the middle of a dump leaves nothing, here and in the server",
  async (signal) => {
    const result = await server.sandbox.run(
      `${server.command} & pid=$!; ${started}; sleep 0.2; kill -${signal} $pid; wait $pid`,
    );
    expect(result.code).toBe(1);
    expect(result.stderr).toContain(`ended by SIG${signal}`);
    await nothingIsLeft();
  },
);

test.each(["0", "0.1", "0.3", "0.6", "1"])(
  "SIGKILL %s s into the dump is cleaned up by the next run",
  async (delay) => {
    const killed = await server.sandbox.run(
      `${server.command} & pid=$!; ${started}; sleep ${delay}; kill -9 $pid; wait $pid`,
    );
    const between = await server.files();
    const complete = killed.code === 0;
    if (!complete) expect(between.filter((file) => !file.startsWith("."))).toEqual(good);
    const next = await server.backUp("--json");
    expect(next.stderr).toBe("");
    expect(next.code).toBe(0);
    const after = await server.files();
    expect(after.filter((file) => file.startsWith("."))).toEqual([]);
    expect(after).toHaveLength(good.length + (complete ? 6 : 3));
    expect(await server.sessions()).toBe(0);
    for (const file of after.filter((entry) => !good.includes(entry)))
      await server.sandbox.run(`rm ${directory}/${file}`);
  },
);

test("a dump that outlived its program holds the lock until the next run has ended it", async () => {
  await server.sandbox.run(`${server.command} & pid=$!; ${dumping}; kill -9 $pid; wait $pid`);
  const held = await server.sandbox.run(`flock -n /run/database-backups/${name}.lock true`);
  expect(held.code).toBe(1);
  const next = await server.backUp();
  expect(next.code).toBe(0);
  expect(await server.log()).toMatch(/ended \d+ sessions? of the crashed run/);
  for (const file of (await server.files()).filter((entry) => !good.includes(entry)))
    await server.sandbox.run(`rm ${directory}/${file}`);
});

test("a commit that crashed before its last rename is finished", async () => {
  const archive = good.find((file) => file.endsWith(".sql.gz")) ?? "";
  const { runId } = await server.manifest(archive);
  await server.sandbox.run(`cd ${directory} && mv ${archive} .${name}.${runId}.sql.gz.partial`);
  const next = await server.backUp("--json");
  expect(next.code).toBe(0);
  expect(await server.files()).toEqual(expect.arrayContaining(good));
  expect(await server.log()).toContain(`its backup ${archive} was whole and is kept`);
  for (const file of (await server.files()).filter((entry) => !good.includes(entry)))
    await server.sandbox.run(`rm ${directory}/${file}`);
});

test.each([
  ["the whole-run time-out ends the dump in the server too", { backup: 1 }, "timeouts.backup"],
  ["a table that stays locked ends the backup after timeouts.lockWait", { lockWait: 1 }, "timeouts.lockWait"],
])("%s", async (_, timeouts, setting) => {
  await server.configure({ ...server.settings, timeouts: { ...server.settings.timeouts, ...timeouts } });
  const lock = `docker exec -i ${server.sandbox.container} psql -X -q -U ${server.sandbox.databaseUser} -d ${server.sandbox.database}`;
  const blocker = server.sandbox.run(`echo "BEGIN; LOCK TABLE bulk; SELECT pg_sleep(4); ROLLBACK" | ${lock}`);
  await sleep(500);
  const result = await server.backUp();
  await blocker;
  expect(result.code).toBe(1);
  expect(result.stderr).toContain(setting);
  await nothingIsLeft();
});

test.each([
  ["user", { user: "nobody_here" }, 69, "nobody_here"],
  ["database", { database: "not there = 'x'" }, 69, "not there"],
  ["container", { container: "no-such-container" }, 69, "there is no container no-such-container"],
])("a wrong %s is named", async (_, change, code, words) => {
  const databases = server.settings.databases.map((database) => ({ ...database, ...change }));
  await server.configure({ ...server.settings, databases });
  const result = await server.backUp();
  expect(result).toMatchObject({ code, stderr: expect.stringContaining(words) });
  await nothingIsLeft();
});

test("of several databases all are tried and the worst exit code counts", async () => {
  const [database] = server.settings.databases;
  if (database === undefined) throw new Error("the settings have a database");
  const broken = { ...database, name: "broken", container: "no-such-container" };
  await server.configure({ ...server.settings, databases: [broken, database] });
  const result = await server.backUp("--json");
  expect(result.code).toBe(69);
  const outcomes: { database: string; exitCode: number }[] = JSON.parse(result.stdout).databases;
  expect(outcomes.map((outcome) => [outcome.database, outcome.exitCode])).toEqual([
    ["broken", 69],
    [name, 0],
  ]);
  for (const file of (await server.files()).filter((entry) => !good.includes(entry)))
    await server.sandbox.run(`rm ${directory}/${file}`);
});

test("too little space is said before anything is begun", async () => {
  const monitoring = { ...server.settings.monitoring, minimumFreeBytes: 10 ** 15 };
  await server.configure({ ...server.settings, monitoring });
  const result = await server.backUp();
  expect(result).toMatchObject({ code: 73, stderr: expect.stringContaining("1000 TB needed") });
  await nothingIsLeft();
});

test("a container that is killed in the middle of a dump, and one that does not run", async () => {
  const killed = await server.sandbox.run(
    `${server.command} & pid=$!; ${started}; docker kill ${server.sandbox.container} >/dev/null; wait $pid`,
  );
  expect(killed.code).toBe(69);
  expect(await server.files()).toEqual(good);
  const stopped = await server.backUp();
  expect(stopped.code).toBe(69);
  expect(stopped.stderr).toContain("does not run");
  await server.sandbox.startDatabase();
  await nothingIsLeft();
});
