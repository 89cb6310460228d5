import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type FaultServer, startFaultServer } from "./fault-server.ts";
import { type Killing, killAtRandom } from "./kill.ts";

interface Case {
  number: number;
  what: string;
  zstdLevel?: number;
  partial: RegExp;
  often: Killing["often"];
}

const cases: readonly Case[] = [
  { number: 201, what: "a backup", partial: /\.sql\.gz\.partial/, often: [100, 3] },
  // Two programs in the container write it, and the kill ends neither of them.
  {
    number: 217,
    what: "a backup with compression: zstd",
    zstdLevel: 1,
    partial: /\.sql\.zst\.partial/,
    often: [60, 2],
  },
];

describe.each(cases)("$what", ({ number, what, zstdLevel, partial, often }) => {
  let server: FaultServer;

  beforeAll(async () => {
    const filled = "create table wares as select n, md5(n::text) as text from generate_series(1, 20000) as n";
    server = await startFaultServer(number, {
      database: "empty",
      states: [filled, "delete from wares where n % 9 = 0"],
      settings: (settings) => ({ ...settings, zstdLevel }),
    });
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
      outcomes: () => [live],
      next: async () => {
        const next = await server.run("backup_database");
        expect(next.stderr).toBe("");
        expect(next.code).toBe(0);
      },
    });
  });
});
