import { afterAll, beforeAll, expect, test } from "vitest";
import { type FaultProgram, type FaultServer, startFaultServer } from "./fault-server.ts";
import { liveDatabaseIsOneOf } from "./invariants.ts";
import { killAtRandom } from "./kill.ts";

let server: FaultServer;

beforeAll(async () => {
  const filled = "create table wares as select n, md5(n::text) as text from generate_series(1, 20000) as n";
  const changed = "delete from wares where n % 9 = 0";
  server = await startFaultServer({ database: "empty", states: [filled, changed] });
});
afterAll(() => server?.remove());

test("a rehearsal killed at any instant of its run", async () => {
  const live = await server.content();
  const good = async (program: FaultProgram) => {
    const next = await server.run(program);
    expect(next.stderr).toBe("");
    expect(next.code, next.stdout).toBe(0);
  };
  await killAtRandom(server, {
    fault: "SIGKILL of a rehearsal at a random instant",
    often: [30, 2],
    program: "rehearse_restore",
    statusSays: /began and never ended/,
    reaches: [/in a throw-away container/],
    words: () => "",
    live: async () => {
      await liveDatabaseIsOneOf(server, [live]);
    },
    // The next program must clean up, whichever it is.
    next: (_, occasion) => good(occasion % 2 === 0 ? "backup_database" : "rehearse_restore"),
  });
});
