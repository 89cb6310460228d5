import { afterAll, beforeAll, expect, test } from "vitest";
import { live, startWithProvenBackup } from "./in-place-server.ts";
import { commandOf } from "./programs.ts";
import { backups, name, type RestoreServer } from "./restore-server.ts";

let server: RestoreServer;
/** A rehearsal has proven it. */
let archive: string;

beforeAll(async () => {
  ({ server, archive } = await startWithProvenBackup());
});

afterAll(() => server?.remove());

test("the printed commands that bring the database back by hand restore everything that the programs would", async () => {
  const { sandbox } = server;
  await sandbox.psql(`drop database ${live} with (force)`, "template1");
  await sandbox.psql(
    `create database ${live} template template0 encoding 'UTF8' locale_provider icu icu_locale 'de' lc_collate 'C' lc_ctype 'C'`,
    "template1",
  );
  await sandbox.psql(`create role "its keeper"; create role reader;
    create text search configuration public.office (copy = pg_catalog.german);
    alter database ${live} set default_text_search_config = 'public.office';
    alter database ${live} set "TimeZone" = 'Asia/Tokyo'; alter database ${live} set app.secret = 'never shown';
    alter role ${sandbox.databaseUser} in database ${live} set datestyle = 'German'`);
  await sandbox.psql(`create table wares (id int primary key, what text);
    insert into wares select n, repeat(n::text, 20) from generate_series(10, 5000) as n;
    create index on wares (what);
    create table sales (at timestamptz, tags text[], secret text check (secret = current_setting('app.secret')));
    insert into sales values ('2026-01-01 20:00+00', array['a', null], 'never shown');
    create materialized view per_day as select at::date as day, to_tsvector('Die Rechnungen') as words from sales`);
  await sandbox.psql(`
    alter table wares owner to "its keeper"; alter database ${live} owner to "its keeper";
    grant connect on database ${live} to reader with grant option; comment on database ${live} is 'it''s ours';
    alter database ${live} connection limit 50; alter database ${live} set search_path = public, "$user";
    alter role "its keeper" in database ${live} set role = reader; alter database ${live} set array_nulls = off;
    alter database ${live} set temp_file_limit = '64kB'; alter database ${live} set maintenance_work_mem = '1MB';
    alter database ${live} set session_replication_role = replica;
    alter database ${live} is_template true; alter database ${live} set default_transaction_read_only = on`);
  const seen = "set datestyle = iso; select day, words, (select tags[2] is null from sales) from per_day";
  const [before, shown] = [await server.hash(), await sandbox.psql(seen)];
  expect(shown).toBe("2026-01-02|'rechnung':2|t");
  await sandbox.writeFile(
    "/opt/test/failing/docker",
    `#!/bin/sh
case "$*" in
  *database-backups-rehearsal-*) ;;
  *" -f -")
    [ -s /tmp/check ] || PATH=/usr/sbin:/usr/bin:/sbin:/bin ${commandOf(sandbox, "check_database_status")} --json >/tmp/check
    cat >/dev/null; echo "no load today" >&2; exit 3 ;;
esac
exec /usr/bin/docker "$@"
`,
    "0755",
  );
  const failed = await server.restore(`--yes --in-place ${archive}`, 'PATH="/opt/test/failing:$PATH"');
  expect(failed.code).toBe(11);
  expect(await server.databases()).toEqual([]);
  for (const text of [failed.stderr, failed.stdout, await server.log()])
    expect(text).not.toContain("never shown");
  // There was no database at the time of the check, and a restore was running.
  const [checked] = JSON.parse(await sandbox.readFile("/tmp/check")).databases;
  expect(checked.points.connections.findings).toEqual([
    expect.objectContaining({
      level: "unknown",
      text: expect.stringMatching(/^restore_database, run \S+, .* is running and may block connections: /),
    }),
  ]);
  expect(checked.points.database.level).toBe("unknown");
  const commands = /^ {2}asking\(\) .*?^ {2}rm .*?$/ms.exec(failed.stderr)?.[0] ?? "";
  await sandbox.writeFile("/tmp/way-back.sh", `${commands}\n`);
  const saved = / back from (?<path>\S+\.sql\.gz),/.exec(failed.stderr)?.groups?.path;
  await sandbox.run(`cp ${saved} /tmp/saved && truncate --size=-20 ${saved}`);
  const cutOff = await sandbox.run("bash /tmp/way-back.sh");
  expect(cutOff.stderr).toMatch(/unexpected end of file/);
  expect(cutOff.code).not.toBe(0);
  // No client could use it half filled.
  expect(await server.databases()).not.toContain(live);
  expect((await sandbox.run(`ls ${backups}/.${name}.in-place.json`)).code).toBe(0);
  await sandbox.run(`cat /tmp/saved >${saved}`);
  // The state after an interrupted DROP.
  await sandbox.psql(`create database ${live}`, "template1");
  await sandbox.psql(`update pg_database set datconnlimit = -2 where datname = '${live}'`, "template1");
  const back = await sandbox.run("bash /tmp/way-back.sh");
  expect(back).toMatchObject({ code: 0, stderr: "" });
  expect(
    await sandbox.psql("select datname from pg_database where datname ~ 'curriculum'", "template1"),
  ).toBe(live);
  expect(await server.hash()).toBe(before);
  expect(await sandbox.psql(seen)).toBe(shown);
  expect((await sandbox.run(`ls ${backups}/.${name}.in-place.*`)).code).not.toBe(0);
  await sandbox.psql(
    `alter database ${live} reset all; alter database ${live} is_template false`,
    "template1",
  );
});
