import { afterAll, beforeAll, expect, test } from "vitest";
import { chosen, full, randomFor, times } from "./extent.ts";
import { type FaultServer, startFaultServer } from "./fault-server.ts";
import { liveDatabaseIsOneOf, lookBefore, nothingIsLeft } from "./invariants.ts";
import { killAtRandom } from "./kill.ts";
import { kindsServer, writing } from "./kinds.ts";
import { interrupt, middles } from "./middle.ts";
import { severings } from "./severing.ts";
import { backupsAreIntact, survive } from "./survival.ts";
import { tally } from "./tally.ts";

/** Backups, rehearsals and restores of a database with many kinds of objects, with and without faults. */

const kind = "a database of many kinds";
let server: FaultServer;
/** The restored content, and the live content before. */
let contents: readonly [string, string];

beforeAll(async () => {
  server = await startFaultServer({
    ...kindsServer,
    settings: (settings) => ({ ...settings, compressionLevel: 9 }),
  });
});
afterAll(() => server?.remove());

const succeeds = async (program: Parameters<FaultServer["run"]>[0], words = "") => {
  const result = await server.run(program, words);
  expect(result.stderr).toBe("");
  expect(result.code, result.stdout).toBe(0);
};

/** A read-only server must still be restorable. */
const freeze = (on: boolean) =>
  server.sandbox.psql(
    `alter system set default_transaction_read_only = ${on ? "on" : "off"}; select pg_reload_conf()`,
    "template1",
  );

test("rehearsed, restored, rolled back and restored in place on a frozen server", async () => {
  const before = await lookBefore(server);
  await freeze(true);
  await succeeds("rehearse_restore", server.archives[0]);
  await succeeds("restore_database", `--yes ${server.archives[0]}`);
  const older = await server.content();
  await succeeds("restore_database", "--yes --rollback");
  await liveDatabaseIsOneOf(server, [before.live]);
  await succeeds("restore_database", `--yes --in-place ${server.archives[1]}`);
  await liveDatabaseIsOneOf(server, [before.live]);
  await freeze(false);
  contents = [older, before.live];
  expect(older).not.toBe(before.live);
  await succeeds("backup_database");
  await nothingIsLeft(server, before);
  await backupsAreIntact(server);
  await server.reset();
  tally(`${kind}, on a frozen server: backup, rehearsal, restore, roll back, restore in place`, 1, [
    "works",
    "names",
    "older",
    "live",
    "left",
  ]);
});

const programs = [
  { program: "backup_database", what: "a backup", often: [10, 1], reaches: [/\.sql\.gz\.partial/] },
  { program: "rehearse_restore", what: "a rehearsal", often: [10, 1], reaches: [/throw-away/] },
  { program: "restore_database", what: "a restore", often: [10, 1], reaches: [/_restoring_/] },
] as const;

test.each(chosen("kinds", programs, 1))("killed at any instant of $what", async (run) => {
  const { program, what, often, reaches } = run;
  const restores = program === "restore_database";
  await killAtRandom(server, {
    fault: `SIGKILL of ${what} of ${kind} at a random instant`,
    often,
    program,
    statusSays: /began and never ended|outlived/,
    reaches,
    words: () => (restores ? `--yes ${server.archives[0]}` : ""),
    live: async () => {
      const live = await liveDatabaseIsOneOf(server, contents);
      if (live === contents[0]) await server.sandbox.psql(`${writing} delete from bulk where n % 9 = 0`);
    },
    next: () => succeeds("backup_database"),
  });
});

const cases = severings(middles, ["killed", "terminated"]);

test.each(full ? cases : [])("$event in the middle of $what", async ({ event, says, act, middle }) => {
  const fault = `${event} in the middle of ${middle.what} of ${kind}`;
  const random = randomFor(fault);
  const mend = () => server.sandbox.startDatabase();
  for (let occasion = 0; occasion < times(3, 1); occasion += 1) {
    await survive(server, {
      fault,
      happen: () => interrupt(server, middle, { act: () => act(server), undo: mend, random }),
      says,
      mend,
      mayBecome: contents,
    });
  }
});
