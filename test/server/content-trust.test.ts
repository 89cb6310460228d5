import { afterAll, beforeAll, expect, test } from "vitest";
import { readContent } from "../../scripts/lib/content/read-content.ts";
import { SnapshotSession } from "../../scripts/lib/content/snapshot.ts";
import { SnapshotReader } from "../../scripts/lib/content/snapshot-reader.ts";
import { readMaterializedViews } from "../../scripts/lib/content/views.ts";
import { Server } from "../../scripts/lib/postgres/server.ts";
import { commandOf, putPrograms } from "./programs.ts";
import { type RestoreServer, startRestoreServer } from "./restore-server.ts";

/**
 * Code of an ordinary role must not run with a superuser's rights. `trap` writes its user into the server's log, because
 * the reads of a backup can write nowhere else.
 */
let server: RestoreServer;

const trap = `
  create function shop.trap(value text) returns text language plpgsql immutable security invoker as $$ begin
    raise log 'TRAP as % super %', current_user, (select rolsuper from pg_roles where rolname = current_user);
    return value; end $$;`;

beforeAll(async () => {
  server = await startRestoreServer({ database: "empty" });
  const { sandbox } = server;
  await putPrograms(sandbox, ["rehearse_restore", "check_database_status"]);
  await sandbox.psql(`
    create role keeper login;
    create schema shop authorization keeper;
    set role keeper;
    ${trap}
    create table shop.wares (id int primary key, what text, note text);
    insert into shop.wares select n, 'ware ' || n, repeat(md5(n::text), 3) from generate_series(1, 500) as n;
    create index on shop.wares ((shop.trap('in an index') || what));
    create index on shop.wares (id) where shop.trap('in a predicate') = what;
    create statistics shop.described on (shop.trap('in statistics') || what), (shop.trap('two') || note) from shop.wares;
    create materialized view shop.seen as select id, what from shop.wares where id % 2 = 0;
    create index on shop.seen ((shop.trap('in an index of a view') || what));
    create materialized view shop.seen_again as select count(*) as n from shop.seen;
    reset role;
    create table public.ours (id int, what text);
    insert into public.ours values (1, 'one')`);
}, 120_000);
afterAll(() => server?.remove());

/** The users as which the trap ran in the live server since the last call. */
async function sprung(): Promise<string[]> {
  const { sandbox } = server;
  const { stdout } = await sandbox.run(
    `docker logs ${sandbox.container} 2>&1 | grep -o 'TRAP as .*' | tail -n +$(($(cat /tmp/looked 2>/dev/null || echo 0) + 1)) | sort -u;
     docker logs ${sandbox.container} 2>&1 | grep -c 'TRAP as ' >/tmp/looked`,
  );
  return stdout.split("\n").filter((line) => line !== "");
}
const superuser = "TRAP as curriculum_library_api super t";

test("the trap works: planning a query of the table runs it", async () => {
  await sprung();
  await server.sandbox.psql("select count(*) from shop.wares");
  expect(await sprung()).toContain(superuser);
});

test("no backup, rehearsal, status check or restore runs it as a superuser, and all of it is compared", async () => {
  const { sandbox } = server;
  const archive = await server.backUp();
  expect(await sprung()).not.toContain(superuser);
  const { content } = JSON.parse(await sandbox.readFile(archive.replace(/sql\.gz$/, "json")));
  expect(content.tables).toEqual([
    { schema: "public", name: "ours", rows: 1, hash: expect.any(String) },
    { schema: "shop", name: "wares", rows: 500, hash: expect.any(String) },
  ]);
  expect(content.materializedViews).toEqual([
    { schema: "shop", name: "seen", populated: true, rows: 250, hash: expect.any(String) },
    { schema: "shop", name: "seen_again", populated: true, rows: 1, hash: expect.any(String) },
  ]);
  const rehearsed = await sandbox.run(`${commandOf(sandbox, "rehearse_restore")} ${archive}`);
  expect(rehearsed).toMatchObject({ code: 0, stderr: "" });
  await sandbox.run(commandOf(sandbox, "check_database_status"));
  expect(await sprung()).not.toContain(superuser);
  // The log of a rehearsal's server is removed with it. A restore does the same in this server.
  expect(await server.restore(`--yes ${archive}`)).toMatchObject({ code: 0, stderr: "" });
  expect(await sprung()).not.toContain(superuser);
}, 300_000);

test("a replacement of a view, its type or a cast has no more rights than the view's owner", async () => {
  const { psql } = server.sandbox;
  const [database] = server.settings.databases;
  if (database === undefined) throw new Error("there is no database");
  await psql(`set role keeper;
    create materialized view shop.swapped as select 'text'::text as note from shop.wares where id = 1;
    create type shop.mine as enum ('mine');
    create function shop.told(shop.mine) returns text language plpgsql immutable as $$ begin
      raise log 'TRAP as % super %', current_user, (select rolsuper from pg_roles where rolname = current_user);
      return 'x'; end $$;
    create cast (shop.mine as text) with function shop.told(shop.mine)`);
  const asking = new Server(database, { applicationName: "trust-test", lockTimeoutSeconds: 60 });
  const holder = new SnapshotSession(asking);
  const snapshot = await holder.take();
  const reader = new SnapshotReader(asking, snapshot.facts.snapshot);
  let asked = 0;
  const swapping = {
    read: async <T>(work: Parameters<typeof reader.read<T>>[0]): Promise<T> =>
      reader.read(async (session) => {
        asked += 1;
        // Between listing the views and evaluating the first one.
        if (asked === 2)
          await psql(`set role keeper; drop materialized view shop.swapped;
            create materialized view shop.swapped as select 'mine'::shop.mine as note from shop.wares where id = 1`);
        return work(session);
      }),
    present: <T>(ask: Parameters<typeof reader.present<T>>[0]): Promise<T> => reader.present(ask),
    close: () => reader.close(),
  };
  try {
    await sprung();
    const until = performance.now() + 60_000;
    await readMaterializedViews({
      reader: swapping as unknown as SnapshotReader,
      timeoutSeconds: 60,
      until,
      proof: "full",
    });
    expect(await sprung()).not.toContain(superuser);
  } finally {
    await reader.close();
    await holder.close();
  }
  await psql("drop materialized view shop.swapped; drop cast (shop.mine as text)");
}, 120_000);

test("a superuser's view is not run if others may change its objects", async () => {
  const { psql } = server.sandbox;
  await psql(`create schema tools; create function tools.pretty(text) returns text language sql immutable as 'select $1';
    create materialized view public.pretty as select tools.pretty(what) as what from public.ours`);
  const [database] = server.settings.databases;
  if (database === undefined) throw new Error("there is no database");
  const why = async () => {
    const asking = new Server(database, { applicationName: "trust-test" });
    const holder = new SnapshotSession(asking);
    const snapshot = await holder.take();
    const reader = new SnapshotReader(asking, snapshot.facts.snapshot);
    try {
      const until = performance.now() + 60_000;
      const views = await readMaterializedViews({ reader, timeoutSeconds: 60, until, proof: "full" });
      const view = views.find(({ name }) => name === "pretty");
      return view?.uncompared?.why ?? view?.rows;
    } finally {
      await reader.close();
      await holder.close();
    }
  };
  expect(await why()).toBe(1);
  await psql("grant create on schema tools to keeper");
  expect(await why()).toBe(
    "its owner is a superuser, and it uses the schema tools, which others may change: it is not run",
  );
  await psql("revoke create on schema tools from keeper");
  expect(await why()).toBe(1);
});

test("a view whose owner may not use its schema is read all the same", async () => {
  const { psql } = server.sandbox;
  const [database] = server.settings.databases;
  if (database === undefined) throw new Error("there is no database");
  await psql(`create materialized view tools.given as select 1 as one;
    alter materialized view tools.given owner to keeper`);
  const { materializedViews } = await readContent(
    new Server(database, { applicationName: "trust-test" }),
    "full",
  );
  expect(materializedViews).toContainEqual(expect.objectContaining({ name: "given", rows: 1 }));
});
