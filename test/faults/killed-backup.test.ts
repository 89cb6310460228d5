import { afterAll, beforeAll, expect, test } from "vitest";
import { type FaultServer, startFaultServer } from "./fault-server.ts";
import { killAtRandom } from "./kill.ts";

let server: FaultServer;

beforeAll(async () => {
  const filled = "create table wares as select n, md5(n::text) as text from generate_series(1, 20000) as n";
  server = await startFaultServer(201, {
    database: "empty",
    states: [filled, "delete from wares where n % 9 = 0"],
  });
});
afterAll(() => server?.remove());

test("a backup killed at any instant of its run", async () => {
  const live = await server.content();
  await killAtRandom(server, {
    fault: "SIGKILL of a backup at a random instant",
    often: [100, 3],
    program: "backup_database",
    statusSays: /began and never ended|outlived/,
    reaches: [/not begun|started$/m, /\.sql\.gz\.partial/],
    words: () => "",
    outcomes: () => [live],
    next: async () => {
      const next = await server.run("backup_database");
      expect(next.stderr).toBe("");
      expect(next.code).toBe(0);
    },
  });
});
