import { readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { say } from "../../infra/local-machine/steps.ts";
import { type PostgresVersion, usualVersion, versionVariable } from "../sandbox/postgres-version.ts";
import { whyNoPostgres } from "../sandbox/set-up/postgres-image.ts";
import { type BackupServer, directory, startBackupServer } from "./backup-server.ts";
import { commandOf, copyBackup, name, putPrograms } from "./programs.ts";

/** The requested version; by default the oldest, the usual and the newest one, which differ the most. */
const chosen: readonly PostgresVersion[] = process.env[versionVariable] ? [usualVersion()] : [13, 15, 18];
const versions = await Promise.all(
  chosen.map(async (version) => ({ version, reason: await whyNoPostgres(version) })),
);
const here = versions.filter(({ reason }) => reason === null).map(({ version }) => version);
for (const { version, reason } of versions)
  if (reason !== null) say(`PostgreSQL ${version} is not tested: ${reason}.`);

const [kinds, comments] = ["kinds", "comments"].map((name) =>
  readFileSync(join(import.meta.dirname, `manifest-${name}.sql`), "utf8"),
);
/** Building the images of a version takes a minute or two the first time. */
const imagesTimeout = 20 * 60_000;

/**
 * Counts the comments that a dump has: all except an extension's. A dump has the comment on a view's own rule only if the
 * view and a function depend on each other.
 */
const restoredComments = `SELECT count(*) FROM pg_description d WHERE objoid >= 16384 AND classoid <> 'pg_extension'::regclass
  AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = d.classoid AND e.objid = objoid AND deptype = 'e')
  AND NOT EXISTS (SELECT FROM pg_namespace n WHERE n.oid = objoid AND nspname = 'public')
  AND NOT EXISTS (SELECT FROM pg_rewrite r WHERE r.oid = objoid AND rulename = '_RETURN')`;

/** The server of each version, and its backup of everything. */
const servers = new Map<PostgresVersion, BackupServer>();
const backups = new Map<PostgresVersion, string>();
afterAll(() => Promise.all([...servers.values()].map((server) => server.remove())));

async function startedWith(version: PostgresVersion): Promise<BackupServer> {
  const server = await startBackupServer({
    postgres: version,
    database: "empty",
  });
  servers.set(version, server);
  await putPrograms(server.sandbox, ["restore_database"]);
  return server;
}

/** Restores. A restore fails if any object differs from the manifest. */
async function restore({ sandbox }: BackupServer, archive: string): Promise<void> {
  const words = `--yes --database ${name} ${archive}`;
  const restored = await sandbox.run(`${commandOf(sandbox, "restore_database")} ${words} </dev/null`);
  expect(restored).toMatchObject({ code: 0, stderr: "" });
}

/** Backs up, then restores that backup. @returns the path of the archive */
async function backUpAndRestore(server: BackupServer): Promise<string> {
  expect(await server.backUp("--quiet")).toMatchObject({ code: 0 });
  const archive = (await server.files()).findLast((file) => file.endsWith(".sql.gz")) ?? "";
  const { createdAt, snapshotAt } = await server.manifest(archive);
  expect(Date.parse(snapshotAt ?? "")).toBeGreaterThanOrEqual(Date.parse(createdAt));
  await restore(server, `${directory}/${archive}`);
  return `${directory}/${archive}`;
}

describe.each(here)("PostgreSQL %i", (version) => {
  test(
    "objects of every kind are after a restore what they were",
    async () => {
      const server = await startedWith(version);
      await server.sandbox.psql(`${kinds}\n${comments}`);
      const archive = await backUpAndRestore(server);
      backups.set(version, archive);
      const { content } = await server.manifest(basename(archive));
      expect(content?.objects.commentTexts?.count).toBe(Number(await server.sandbox.psql(restoredComments)));
      await server.sandbox.psql("DROP SCHEMA public; DROP EXTENSION plpgsql CASCADE");
      await backUpAndRestore(server);
      await server.sandbox.psql(
        "DROP SCHEMA public; CREATE SCHEMA public; COMMENT ON SCHEMA public IS 'made again'; GRANT USAGE ON SCHEMA public TO reader",
      );
      await backUpAndRestore(server);
      await server.sandbox.psql("ALTER SCHEMA public OWNER TO first_owner");
      await backUpAndRestore(server);
    },
    imagesTimeout,
  );
});

const pairs = here.flatMap((from) => here.filter((to) => from < to).map((to) => [from, to] as const));

test.each(pairs)("objects of every kind come from PostgreSQL %i to %i as they were", async (from, to) => {
  const [source, target, archive] = [servers.get(from), servers.get(to), backups.get(from)];
  if (!source || !target || !archive) throw new Error(`PostgreSQL ${from} or ${to} is not there`);
  await restore(target, await copyBackup(source.sandbox, target.sandbox, archive));
});
