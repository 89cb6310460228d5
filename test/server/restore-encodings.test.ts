import { afterAll, beforeAll, expect, test } from "vitest";
import { backups } from "./programs.ts";
import { type RestoreServer, startRestoreServer } from "./restore-server.ts";

let server: RestoreServer;
let archive: string;
let original: string;

const live = "curriculum_library_api_production";

beforeAll(async () => {
  server = await startRestoreServer({ initdbArguments: "--encoding=LATIN1 --locale=de_DE.iso88591" });
  const { sandbox } = server;
  await sandbox.psql(`
    set client_encoding = 'UTF8';
    create role "Müller" login password 'x';
    create table "Größe" (id bigserial primary key, "Länge" integer, note text);
    insert into "Größe" ("Länge", note) select n, 'für ' || n from generate_series(1, 50) as n;
    alter table "Größe" owner to "Müller";
    create table small (id int);
    grant select on small to "Müller";`);
  original = await server.hash();
  archive = await server.backUp();
});

afterAll(() => server?.remove());

const sizes = `set client_encoding = 'UTF8'; select count(*), min(note), min(pg_get_userbyid(relowner))
  from "Größe", pg_class where pg_class.oid = '"Größe"'::regclass`;

test("a database in LATIN1 comes back, whole and one table of it", async () => {
  const { sandbox } = server;
  await sandbox.psql(`set client_encoding = 'UTF8'; delete from "Größe"`);
  expect(await server.restore(`--yes ${archive}`)).toMatchObject({ code: 0, stderr: "" });
  expect(await server.hash()).toBe(original);

  const tables = await server.restore(`--table '"Größe"' ${archive}`);
  expect(tables).toMatchObject({ code: 0, stderr: "" });
  const schema = /restored_\d{8}_\d{6}/.exec(tables.stdout)?.[0] ?? "";
  expect(
    await sandbox.psql(`set client_encoding = 'UTF8'; select note from ${schema}."Größe" where id = 7`),
  ).toBe("für 7");
  await sandbox.psql(`drop schema ${schema} cascade`);
});

test("a server that lacks the role gets it, also from a roles file in LATIN1", async () => {
  const { sandbox } = server;
  await dropRole();
  const restored = await server.restore(`--yes --json ${archive}`);
  expect(restored).toMatchObject({ code: 0, stderr: "" });
  expect(JSON.parse(restored.stdout).createdRoles).toEqual(['"Müller"']);
  expect(await sandbox.psql(sizes)).toBe("50|für 1|Müller");

  // Older programs wrote it in the server's encoding. The present ones may do so too.
  const older = `${backups}/curriculum_library_api_20250816_155503`;
  const made = await sandbox.run(
    `cp ${archive} ${older}.sql.gz && docker exec ${sandbox.container} pg_dumpall -U ${sandbox.databaseUser} --roles-only --encoding=LATIN1 >${older}.roles.sql && grep -c 'SET client_encoding' ${older}.roles.sql`,
  );
  expect(made).toMatchObject({ code: 0, stdout: "1\n" });
  await dropRole();
  const again = await server.restore(`--yes --json ${older}.sql.gz`);
  expect(again).toMatchObject({ code: 0 });
  expect(JSON.parse(again.stdout).createdRoles).toEqual(['"Müller"']);
  expect(await sandbox.psql(sizes)).toBe("50|für 1|Müller");
});

/** Like a new server: the role owns nothing and is dropped, also from the databases that restores kept. */
async function dropRole(): Promise<void> {
  const { sandbox } = server;
  for (const database of await server.databases())
    if (database !== live) await sandbox.psql(`drop database "${database}"`, "template1");
  await sandbox.psql(`set client_encoding = 'UTF8'; drop owned by "Müller"; drop role "Müller"`);
}
