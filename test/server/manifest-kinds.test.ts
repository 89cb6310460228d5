import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { whyNoPostgres } from "../sandbox/set-up/postgres-image.ts";
import { say } from "../sandbox/steps.ts";
import { type BackupServer, directory, startBackupServer } from "./backup-server.ts";
import { commandOf, putPrograms } from "./programs.ts";

const versions = await Promise.all(
  ([13, 15, 18] as const).map(async (version) => ({ version, reason: await whyNoPostgres(version) })),
);
const here = versions.filter(({ reason }) => reason === null).map(({ version }) => version);
for (const { version, reason } of versions)
  if (reason !== null) say(`PostgreSQL ${version} is not tested: ${reason}.`);

const kinds = readFileSync(join(import.meta.dirname, "manifest-kinds.sql"), "utf8");
/** To make a version's images takes a minute or two, on a machine that never did. */
const imagesTimeout = 20 * 60_000;

const servers: BackupServer[] = [];
afterAll(() => Promise.all(servers.map((server) => server.remove())));

async function startedWith(version: (typeof here)[number]): Promise<BackupServer> {
  const server = await startBackupServer(325 + here.indexOf(version), {
    postgres: version,
    database: "empty",
  });
  servers.push(server);
  await putPrograms(server.sandbox, ["restore_database"]);
  return server;
}

/** Backs up, and restores what was backed up: which is refused when a single object is not what the manifest says. */
async function backUpAndRestore(server: BackupServer): Promise<void> {
  expect(await server.backUp("--quiet")).toMatchObject({ code: 0 });
  const archive = (await server.files()).findLast((file) => file.endsWith(".sql.gz")) ?? "";
  const { createdAt, snapshotAt } = await server.manifest(archive);
  expect(Date.parse(snapshotAt ?? "")).toBeGreaterThanOrEqual(Date.parse(createdAt));
  const restored = await server.sandbox.run(
    `${commandOf(server.sandbox, "restore_database")} --yes ${directory}/${archive} </dev/null`,
  );
  expect(restored).toMatchObject({ code: 0, stderr: "" });
}

describe.each(here)("PostgreSQL %i", (version) => {
  test(
    "objects of every kind are after a restore what they were",
    async () => {
      const server = await startedWith(version);
      await server.sandbox.psql(kinds);
      await backUpAndRestore(server);
      await server.sandbox.psql("DROP SCHEMA public; DROP EXTENSION plpgsql CASCADE");
      await backUpAndRestore(server);
      await server.sandbox.psql(
        "DROP SCHEMA public; CREATE SCHEMA public; COMMENT ON SCHEMA public IS 'made anew'; GRANT USAGE ON SCHEMA public TO reader",
      );
      await backUpAndRestore(server);
      await server.sandbox.psql("ALTER SCHEMA public OWNER TO first_owner");
      await backUpAndRestore(server);
    },
    imagesTimeout,
  );
});
