import { expect } from "vitest";
import { commandOf, putPrograms } from "./programs.ts";
import { type RestoreServer, startRestoreServer } from "./restore-server.ts";

/** The live database of every restore server. */
export const live = "curriculum_library_api_production";

/**
 * A server for restores in place. Its database has a table, a large object, a materialized view and a setting. A
 * rehearsal has proven its backup, and the database has changed since.
 */
export async function startWithProvenBackup(): Promise<{ server: RestoreServer; archive: string }> {
  const server = await startRestoreServer({ database: "empty" });
  try {
    return { server, archive: await prove(server) };
  } catch (error) {
    await server.remove();
    throw error;
  }
}

/** @returns the proven backup */
async function prove(server: RestoreServer): Promise<string> {
  const { sandbox } = server;
  await putPrograms(sandbox, ["rehearse_restore", "check_database_status"]);
  await sandbox.psql(`create table wares (id int primary key, what text);
    insert into wares values (1, 'in the backup'); select lo_from_bytea(4711, 'in the backup');
    create materialized view wares_seen as select count(*) as n from wares;
    alter database ${live} set bytea_output = 'escape'`);
  const archive = await server.backUp();
  expect(await sandbox.run(`${commandOf(sandbox, "rehearse_restore")} ${archive}`)).toMatchObject({
    code: 0,
  });
  await sandbox.psql("insert into wares values (2, 'present')");
  return archive;
}
