import { dirname } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { execute } from "../../infra/local-machine/command.ts";
import { chosen } from "./extent.ts";
import { type FaultServer, startFaultServer, succeed } from "./fault-server.ts";
import { liveDatabaseIsOneOf, lookBefore, nothingIsLeft } from "./invariants.ts";
import { backupsAreIntact } from "./survival.ts";
import { tally } from "./tally.ts";

/** A log that cannot be written: the programs do their work and report the problem elsewhere. */

const small = "/root/small";
let server: FaultServer;
/** In a directory that the test's machine has too. */
let log: string;

beforeAll(async () => {
  server = await startFaultServer({ database: "empty", tmpfs: { [small]: "64k" } });
  log = `${dirname(server.sandbox.dataDirectory)}/logs/backup_database.log`;
  server.settings = { ...server.settings, paths: { ...server.settings.paths, log } };
  await server.configure(server.settings);
  await succeed(server.sandbox, `mkdir ${dirname(log)}`);
});
afterAll(async () => {
  await execute(["chattr", "-i", log]);
  await server?.remove();
});

interface Obstacle {
  what: string;
  /** Shell commands that provoke it, with the log as $1, on the server or on the test's machine. */
  make: string;
  outside?: boolean;
  reason: RegExp;
}

const obstacles: readonly Obstacle[] = [
  {
    what: "a dangling link",
    make: "ln -sf /no/where $1",
    reason: /it is a link to a place that is not there/,
  },
  { what: "a link to itself", make: "rm $1; ln -s $1 $1", reason: /it is a link that leads back to itself/ },
  { what: "a directory", make: "rm $1; mkdir $1", reason: /it is a directory, not a file/ },
  { what: "a named pipe", make: "rm $1; mkfifo $1", reason: /it is a named pipe, not a file/ },
  { what: "immutable", make: "chattr +i $1", outside: true, reason: /it may not be changed, see lsattr/ },
  {
    what: "on a disk that is full",
    make: `rm $1; ln -s ${small}/log $1; cat /dev/zero >${small}/fill 2>/dev/null; truncate -s 0 ${small}/log`,
    reason: /its file system is full/,
  },
  {
    what: "below a file in its directory's place",
    make: "rm -r $(dirname $1); touch $(dirname $1)",
    reason: /what should be its directory is a file/,
  },
];

/** Restores the log. */
async function mend(): Promise<void> {
  await execute(["chattr", "-i", log]);
  await succeed(
    server.sandbox,
    `rm -rf ${small}/* ${dirname(log)}; mkdir ${dirname(log)}; touch ${log}; chmod 0600 ${log}`,
  );
}

const programs = [
  { program: "backup_database", what: "a backup", words: () => "", done: /backup finished/ },
  {
    program: "restore_database",
    what: "a restore",
    words: () => `--yes ${server.archives.at(-1)}`,
    done: /restore finished/,
  },
] as const;

const cases = programs.flatMap((each) =>
  obstacles.map((obstacle) => ({
    ...each,
    obstacle,
    fault: `a log that is ${obstacle.what}, at ${each.what}`,
  })),
);

test.each(chosen("logs", cases, 2))("$fault", async ({ program, words, done, obstacle, fault }) => {
  await mend();
  const before = await lookBefore(server);
  const argv = ["sh", "-c", obstacle.make, "sh", log];
  const made = obstacle.outside
    ? await execute(argv)
    : await server.sandbox.run(`set -- ${log}; ${obstacle.make}`);
  expect(made.code, made.stderr).toBe(0);
  const result = await server.run(program, words());
  const status = await server.run("check_database_status", "--json");
  await mend();
  expect(result.code, result.stderr).toBe(0);
  expect(result.stderr).toMatch(obstacle.reason);
  expect(result.stderr).toMatch(done);
  expect([1, 2, 3]).toContain(status.code);
  expect(status.stdout).toMatch(obstacle.reason);
  await backupsAreIntact(server);
  expect(Object.keys((await server.audit()).files).length).toBeGreaterThan(Object.keys(server.older).length);
  await liveDatabaseIsOneOf(server, [before.live]);
  const next = await server.run("backup_database");
  expect(next.stderr).toBe("");
  expect(next.code, next.stdout).toBe(0);
  await nothingIsLeft(server, before);
  await server.reset();
  tally(fault, 1, ["works", "status", "names", "older", "live", "left"]);
});

test("a log whose directory is gone gets a new one", async () => {
  await mend();
  const before = await lookBefore(server);
  await succeed(server.sandbox, `rm -r ${dirname(log)}`);
  const result = await server.run("backup_database");
  expect(result.stderr).toBe("");
  expect(result.code, result.stdout).toBe(0);
  expect(await server.log()).toMatch(/backup finished/);
  await backupsAreIntact(server);
  await nothingIsLeft(server, before);
  await server.reset();
  tally("a log whose directory is gone, at a backup", 1, ["works", "log", "names", "older", "left"]);
});
