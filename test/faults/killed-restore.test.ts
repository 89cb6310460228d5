import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { FaultServer } from "./fault-server.ts";
import { liveDatabaseIsOneOf } from "./invariants.ts";
import { killAtRandom } from "./kill.ts";
import { type KilledRun, startKilledServer } from "./killed-run.ts";

const runs: readonly KilledRun[] = [
  { what: "a restore", partial: /\.sql\.gz\.partial/, often: [40, 2] },
  {
    what: "a restore of a zstd archive",
    zstdLevel: 1,
    partial: /\.sql\.zst\.partial/,
    often: [20, 1],
  },
];

describe.each(runs)("$what", (run) => {
  const { what, partial, often } = run;
  let server: FaultServer;
  /** The contents of the two backups. Each is restored over the other in turn. */
  let contents: readonly [string, string];

  beforeAll(async () => {
    server = await startKilledServer(run);
    const newer = await server.content();
    await restore(0);
    contents = [await server.content(), newer];
    await server.reset();
  });
  afterAll(() => server?.remove());

  const wordsFor = (archive: number) => `--yes ${server.archives[archive]}`;

  async function restore(archive: number): Promise<void> {
    const result = await server.run("restore_database", wordsFor(archive));
    expect(result.stderr).toBe("");
    expect(result.code).toBe(0);
  }

  test("killed at any instant of its run", async () => {
    let live: number = contents.indexOf(await server.content());
    await killAtRandom(server, {
      fault: `SIGKILL of ${what} at a random instant`,
      often,
      program: "restore_database",
      statusSays: /began and never ended|outlived/,
      reaches: [partial, /_restoring_/],
      words: () => wordsFor(1 - live),
      live: async () => {
        live = contents.indexOf(await liveDatabaseIsOneOf(server, contents));
      },
      // The next program must clean up, whichever it is.
      next: async (_, occasion) => {
        if (occasion % 2 === 0) {
          const next = await server.run("backup_database");
          expect(next.stderr).toBe("");
          expect(next.code).toBe(0);
        } else {
          await restore(1 - live);
          live = 1 - live;
        }
      },
    });
  });
});
