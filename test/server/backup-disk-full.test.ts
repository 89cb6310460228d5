import { afterAll, beforeAll, expect, test } from "vitest";
import { type BackupServer, directory, startBackupServer } from "./backup-server.ts";

let server: BackupServer;

beforeAll(async () => {
  server = await startBackupServer({ tmpfs: { [directory]: "2m" } });
});
afterAll(() => server?.remove());

test.each([
  ["gzip", {}],
  ["zstd", { zstdLevel: 3 }],
])(
  "a disk that fills up during the dump fails a backup of %s and leaves the older ones alone",
  async (_, changed) => {
    await server.configure({ ...server.settings, ...changed });
    await server.sandbox.psql("DROP TABLE IF EXISTS bulk");
    expect((await server.backUp()).code).toBe(0);
    const before = await server.files();
    await server.sandbox.psql(
      "CREATE TABLE bulk AS SELECT n, md5(n::text) FROM generate_series(1, 200000) AS n",
    );
    const result = await server.backUp();
    expect(result.code).toBe(73);
    expect(result.stderr).toContain("filled up");
    expect(await server.files()).toEqual(before);
    expect(await server.sessions()).toBe(0);
  },
);
