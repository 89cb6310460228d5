import { afterAll, beforeAll, expect, test } from "vitest";
import { backups, name, type RestoreServer, startRestoreServer } from "./restore-server.ts";

let server: RestoreServer;
let archive: string;
let whole: string;

beforeAll(async () => {
  server = await startRestoreServer();
  const { sandbox } = server;
  await sandbox.psql(`create role keeper; create role "its reader";
    alter database ${sandbox.database} owner to keeper;
    grant connect on database ${sandbox.database} to "its reader";
    alter role "its reader" in database ${sandbox.database} set work_mem = '5MB';
    comment on database ${sandbox.database} is 'lessons, and who gave them'`);
  archive = await server.backUp();
  whole = await server.hash();
});

afterAll(() => server?.remove());

/** The live database and the roles that only it named are gone. */
const lose = ({ sandbox }: RestoreServer) =>
  sandbox.psql(
    `drop database ${sandbox.database}; drop role if exists keeper; drop role if exists "its reader"`,
    "template1",
  );

test("the live database is lost: the backup has its properties, for --into and for a plain restore", async () => {
  const { sandbox } = server;
  await lose(server);

  const tables = await server.restore(`--table users ${archive}`);
  expect(tables.stderr).toMatch(
    /there is no database \S+ to copy tables into; restore \S+ whole, without --table \[DBK-TABLE-1\]/,
  );
  expect(tables.code).toBe(1);

  const planned = await server.restore(`--dry-run ${archive}`);
  expect(planned.stdout).toMatch(/make the roles that are missing: .*keeper/);
  expect(planned.stdout).not.toMatch(/pg_dump|DROP DATABASE/);
  expect(planned.code).toBe(0);
  expect(await server.databases()).toEqual([]);

  const into = await server.restore(`--into beside ${archive}`);
  expect(into).toMatchObject({ code: 0, stderr: "" });
  expect(into.stdout).toContain(`${sandbox.database} is still missing`);
  expect(await server.databases()).toEqual(["beside"]);
  expect(await server.hash("beside")).toBe(whole);
  await sandbox.psql("drop database beside", "template1");

  const restored = await server.restore(`--yes ${archive}`);
  expect(restored).toMatchObject({ code: 0, stderr: "" });
  expect(restored.stdout).toContain("there was no database until now");
  expect(await server.databases()).toEqual([sandbox.database]);
  expect(await server.hash()).toBe(whole);
});

test("--in-place where there is nothing to drop", async () => {
  const { sandbox } = server;
  await lose(server);
  expect(await server.restore(`--yes --in-place ${archive}`)).toMatchObject({ code: 0, stderr: "" });
  expect(await server.databases()).toEqual([sandbox.database]);
  expect(await server.hash()).toBe(whole);
});

test("roles that nothing describes are named, and nothing is left", async () => {
  await lose(server);
  const roles = archive.replace(/sql\.gz$/, "roles.sql");
  await server.sandbox.run(`mv ${roles} /tmp/roles.sql`);
  const refused = await server.restore(`--yes ${archive}`);
  await server.sandbox.run(`mv /tmp/roles.sql ${roles}`);
  expect(refused.stderr).toMatch(/the server lacks the roles keeper, its reader, .*\[DBK-RESTORE-9\]/);
  expect(refused.code).toBe(1);
  expect(await server.databases()).toEqual([]);
});

test("a file without manifest says how to make the database, and goes into that", async () => {
  const { sandbox } = server;
  const bare = `/root/${name}_20200101_020000.sql.gz`;
  await sandbox.run(`cp ${archive} ${bare}`);
  const refused = await server.restore(`--yes ${bare}`);
  expect(refused.code).toBe(1);
  const create = /create an empty one \((.*)\), then restore/.exec(refused.stderr)?.[1] ?? "false";
  expect(await sandbox.run(create)).toMatchObject({ code: 0 });
  expect(await server.restore(`--yes ${bare}`)).toMatchObject({ code: 0 });
  expect(await sandbox.psql("select count(*) from users")).toBe("800");
});

test("a new server: with the empty production database that its container made, and without it", async () => {
  const fresh = await startRestoreServer({ database: "empty" });
  try {
    const stem = archive.replace(/\.sql\.gz$/, "");
    const packed = await server.sandbox.run(`tar -C / -cf - ${stem}.* | base64`);
    await fresh.sandbox.run(`mkdir -p ${backups} && base64 -d | tar -C / -xf -`, { input: packed.stdout });

    const empty = await fresh.restore(`--yes --database ${name} ${archive}`);
    expect(empty).toMatchObject({ code: 0, stderr: "" });
    expect(empty.stdout).toMatch(/is kept as/);
    expect(empty.stdout).toMatch(/not the backup's, but as they are now: .*owner.*grants/);
    // The database is the container's; its content is the backup's.
    expect(await fresh.sandbox.psql("select count(*) from users")).toBe("800");

    const made = await fresh.databases();
    for (const database of made.filter((one) => one !== fresh.sandbox.database))
      await fresh.sandbox.psql(`drop database "${database}"`, "template1");
    await lose(fresh);
    const restored = await fresh.restore(`--yes --database ${name} ${archive}`);
    expect(restored).toMatchObject({ code: 0, stderr: "" });
    expect(await fresh.databases()).toEqual([fresh.sandbox.database]);
    expect(await fresh.hash()).toBe(whole);
  } finally {
    await fresh.remove();
  }
});
