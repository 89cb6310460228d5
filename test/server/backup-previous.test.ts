import { afterAll, beforeAll, expect, test } from "vitest";
import { previousName } from "../../scripts/lib/postgres/database-names.ts";
import { type BackupServer, startBackupServer } from "./backup-server.ts";

let server: BackupServer;

beforeAll(async () => {
  server = await startBackupServer({ database: "empty" });
});
afterAll(() => server?.remove());

const databases = async (): Promise<string[]> =>
  (await server.sandbox.psql("SELECT datname FROM pg_database ORDER BY 1")).split("\n");

test("a database that a restore replaced is dropped by the first good backup after its days, and no other", async () => {
  const live = server.sandbox.database;
  const expired = previousName(live, "20200101T000000-aaaaaa");
  const kept = previousName(live, "20990101T000000-bbbbbb");
  const foreign = "somebody_previous_20200101T000000-aaaaaa";
  for (const name of [expired, kept, foreign]) await server.sandbox.psql(`CREATE DATABASE "${name}"`);
  await server.sandbox.psql(`ALTER DATABASE "${expired}" ALLOW_CONNECTIONS false`);

  await server.configure({ ...server.settings, databases: [{ ...firstDatabase(), user: "nobody" }] });
  expect((await server.backUp()).code).not.toBe(0);
  expect(await databases()).toContain(expired);

  await server.configure(server.settings);
  const { code, stdout } = await server.backUp("--json");
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ databases: [{ dropped: [expired] }] });
  expect(await databases()).toEqual(expect.arrayContaining([kept, foreign, live]));
  expect(await databases()).not.toContain(expired);
});

function firstDatabase() {
  const [database] = server.settings.databases;
  if (database === undefined) throw new Error("the settings name no database");
  return database;
}
