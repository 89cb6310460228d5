import { afterAll, beforeAll, expect, test } from "vitest";
import { type RehearsalServer, startRehearsalServer } from "./rehearsal-server.ts";

let server: RehearsalServer;

beforeAll(async () => {
  server = await startRehearsalServer();
  await server.configure({ zstdLevel: 3 });
});
afterAll(() => server?.remove());

test("an archive of zstd is rehearsed", async () => {
  const archive = await server.backUp();
  expect(archive).toMatch(/\.sql\.zst$/);
  expect(await server.rehearse()).toMatchObject({ code: 0, stderr: "" });
  expect(await server.record(archive)).toMatchObject({ result: "equal", compared: "full" });
  expect(await server.containers()).toEqual([]);
});
