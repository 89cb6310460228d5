import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { FaultServer } from "./fault-server.ts";
import { liveDatabaseIsOneOf } from "./invariants.ts";
import { killAtRandom } from "./kill.ts";
import { type KilledRun, startKilledServer } from "./killed-run.ts";

const runs: readonly KilledRun[] = [
  { what: "a backup", partial: /\.sql\.gz\.partial/, often: [40, 3] },
  // Two programs in the container write it, and the kill reaches neither.
  {
    what: "a backup with compression: zstd",
    zstdLevel: 1,
    partial: /\.sql\.zst\.partial/,
    often: [20, 2],
  },
];

describe.each(runs)("$what", (run) => {
  const { what, partial, often } = run;
  let server: FaultServer;

  beforeAll(async () => {
    server = await startKilledServer(run);
  });
  afterAll(() => server?.remove());

  test("killed at any instant of its run", async () => {
    const live = await server.content();
    await killAtRandom(server, {
      fault: `SIGKILL of ${what} at a random instant`,
      often,
      program: "backup_database",
      statusSays: /began and never ended|outlived/,
      reaches: [/not begun|started$/m, partial],
      words: () => "",
      live: async () => {
        await liveDatabaseIsOneOf(server, [live]);
      },
      next: async () => {
        const next = await server.run("backup_database");
        expect(next.stderr).toBe("");
        expect(next.code).toBe(0);
      },
    });
  });
});
