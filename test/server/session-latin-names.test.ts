import { afterAll, beforeAll, expect, test } from "vitest";
import { type SessionServer, startSessionServer } from "./session-server.ts";

/** A server in LATIN1: a client's first packet has names in another encoding. */
let server: SessionServer;

beforeAll(async () => {
  server = await startSessionServer({ initdbArguments: "--encoding=LATIN1 --locale=de_DE.iso88591" });
  await server.sandbox.psql(`SET client_encoding = 'UTF8'; CREATE ROLE "müller" SUPERUSER LOGIN`);
  // CREATE DATABASE cannot run in a transaction, and psql -c would wrap two statements in one.
  await server.sandbox.psql(`SET client_encoding = 'UTF8';\nCREATE DATABASE "größe";`);
});

afterAll(() => server?.sandbox.remove());

test.each([
  ["database", { database: "größe" }, 'ALTER DATABASE "größe" RENAME TO'],
  ["role", { user: "müller" }, 'ALTER ROLE "müller" RENAME TO'],
])("a %s whose name no session can say is refused with a way out", async (what, change, way) => {
  await server.configure(change);
  const [failed, status] = [await server.backUp(), await server.check()];
  const text = `${what} "${Object.values(change)[0]}" exists, but its name is written in LATIN1`;
  expect(failed).toMatchObject({ code: 69, stderr: expect.stringContaining(text) });
  expect(failed.stderr).toContain(way);
  expect(status.code).toBe(2);
  expect(status.stdout).toContain(text);
  expect(status.stdout).toContain(way);
});

test("after that way all is well", async () => {
  await server.sandbox.psql(`SET client_encoding = 'UTF8';\nALTER DATABASE "größe" RENAME TO groesse;
    ALTER ROLE "müller" RENAME TO mueller;`);
  await server.configure({ database: "groesse", user: "mueller" });
  expect(await server.backUp()).toMatchObject({ code: 0 });
});
