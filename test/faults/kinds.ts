import type { Compared, FaultServerOptions } from "./fault-server.ts";

/**
 * A database with many kinds of objects that are hard to bring back: settings on which checks and materialized views
 * depend, hash partitions on an enum (whose rows move in a restore), a comment that no dump has, a role that every session
 * assumes, and read-only transactions by default.
 */
const kinds = `
create role kinds_owner;
alter schema public owner to kinds_owner;
set role kinds_owner;
set timezone = 'Europe/Berlin';
set default_text_search_config = 'pg_catalog.german';
create table bulk as select n, md5(n::text) as text from generate_series(1, 60000) as n;
create table arrivals (day date not null, at timestamptz not null, check (day = at::date));
insert into arrivals select day, day + interval '30 minutes'
  from generate_series(date '2026-01-01', date '2026-03-31', interval '1 day') as day;
create materialized view arrivals_per_day as select at::date as day, count(*) as n from arrivals group by 1;
create table notes (id int primary key, body text not null);
insert into notes values (1, 'Die Rechnungen wurden gestern verschickt'), (2, 'Mahnungen und Lieferungen');
create materialized view note_words as select id, to_tsvector(body) as words from notes;
create type stage as enum ('new', 'called', 'visited', 'offered', 'won', 'lost', 'parked', 'closed');
create table leads (id int, stage stage not null) partition by hash (stage);
create table leads_0 partition of leads for values with (modulus 4, remainder 0);
create table leads_1 partition of leads for values with (modulus 4, remainder 1);
create table leads_2 partition of leads for values with (modulus 4, remainder 2);
create table leads_3 partition of leads for values with (modulus 4, remainder 3);
insert into leads select n, (enum_range(null::stage))[1 + n % 8] from generate_series(1, 1000) as n;
create table entries (id int, at date not null) partition by range (at);
create table entries_2026 partition of entries for values from ('2026-01-01') to ('2027-01-01');
create function unchanged() returns trigger language plpgsql as 'begin return new; end';
create trigger look before insert on entries for each row execute function unchanged();
comment on trigger look on entries_2026 is 'of the partition';
insert into entries values (1, '2026-05-05');
reset role;
select format('alter database %I set %s', current_database(), setting) from unnest(array[
  'timezone = ''Europe/Berlin''', 'default_text_search_config = ''pg_catalog.german''', 'app.tenant = ''kinds''',
  'role = kinds_owner', 'default_transaction_read_only = on']) as setting \\gexec
`;

/** For statements that must write in spite of it. */
export const writing = "set default_transaction_read_only = off;";

/** Comments on objects that a dump lacks are not restored, and no promise covers them. */
const compared: Compared = {
  withoutRowsOf: "leads*",
  rows: `select md5(string_agg(l::text, ',' order by id)) from leads as l
    union all select md5(string_agg(a::text, ',' order by day)) from arrivals_per_day as a
    union all select md5(string_agg(w::text, ',' order by id)) from note_words as w`,
};

/** Two different states. The second one is live. */
export const kindsServer: FaultServerOptions = {
  database: "empty",
  states: [kinds, `${writing} delete from bulk where n % 9 = 0`],
  compared,
};
