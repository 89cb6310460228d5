import { afterAll, beforeAll, expect, test } from "vitest";
import { chosen } from "./extent.ts";
import { type FaultServer, startFaultServer } from "./fault-server.ts";
import { type Fault, survive } from "./survival.ts";

/** Databases whose dump PostgreSQL makes but cannot load. The backup is complete, and a restore gives advice. */

let server: FaultServer;

const indexFunction = `
create extension unaccent;
create function immutable_unaccent(text) returns text language sql immutable strict parallel safe
  as $$ select unaccent($1) $$;
create table clients (id bigserial primary key, name text not null);
insert into clients (name) select 'Zoë ' || n from generate_series(1, 200) as n;
create index clients_by_name on clients (immutable_unaccent(name))`;
const orphans = `
drop table clients; drop function immutable_unaccent;
create table owners (id bigint primary key);
create table pets (id bigserial primary key, owner_id bigint not null references owners (id));
insert into owners select generate_series(1, 20);
insert into pets (owner_id) select 1 + n % 20 from generate_series(1, 100) as n;
set session_replication_role = replica;
delete from owners where id = 7`;

beforeAll(async () => {
  const states = [indexFunction, orphans, "drop table pets, owners"];
  server = await startFaultServer({ database: "empty", states });
});
afterAll(() => server?.remove());

const kinds = [
  {
    what: "an SQL function with an unqualified call in an index",
    archive: () => server.archives[0],
    says: /unaccent\(text\) does not exist.*clients_by_name|clients_by_name.*unaccent/,
  },
  {
    what: "rows that violate their own foreign key",
    archive: () => server.archives[1],
    says: /pets_owner_id_fkey/,
  },
];

const faults: Fault[] = kinds.flatMap(({ what, archive, says }) => [
  {
    fault: `${what}, at a rehearsal`,
    happen: () => server.run("rehearse_restore", archive()),
    code: 1,
    says,
  },
  {
    fault: `${what}, at a restore`,
    happen: async () => {
      const result = await server.run("restore_database", `--yes ${archive()}`);
      expect(result.stderr).toMatch(/--keep-going/);
      return result;
    },
    code: 1,
    says,
  },
  {
    fault: `${what}, at a restore in place`,
    happen: () => server.run("restore_database", `--yes --in-place ${archive()}`),
    code: 1,
    says: /is not proven to restore, so .* is not dropped.*\[DBK-INPLACE-1\]/,
  },
]);

test.each(chosen("unloadable", faults, 2))("$fault", (fault) => survive(server, fault));
