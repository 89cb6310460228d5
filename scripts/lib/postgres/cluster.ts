import { Cluster } from "../../contract/cluster.ts";
import { jsonList } from "./json-list.ts";
import type { Server } from "./server.ts";
import { literal } from "./sql.ts";

/**
 * Settings that decide the meaning of a stored value, or whether and with what result a check, an index, a generated
 * column or a materialized view can be computed. Custom settings of applications and extensions, whose names have a
 * dot, are read too.
 */
export const meaningfulSettings = [
  "array_nulls",
  "backslash_quote",
  "bytea_output",
  "DateStyle",
  "default_text_search_config",
  "dynamic_library_path",
  "extension_control_path",
  "extra_float_digits",
  "gin_fuzzy_search_limit",
  "IntervalStyle",
  "lc_monetary",
  "lc_numeric",
  "lc_time",
  "lo_compat_privileges",
  "max_stack_depth",
  "quote_all_identifiers",
  "search_path",
  "standard_conforming_strings",
  "timezone_abbreviations",
  "TimeZone",
  "transform_null_equals",
  "xmlbinary",
  "xmloption",
] as const;

/**
 * A session shows the value that was set last. If a database, a role or the session set it, the server's own value is
 * only in its files, which only a superuser may read. For settings that our sessions set themselves (search_path) it is
 * the value before.
 */
const settingsQuery = (files: string): string => `
with files as (${files}),
everybody as (select split_part(c, '=', 1) as name, substr(c, strpos(c, '=') + 1) as setting
  from pg_catalog.pg_db_role_setting r, unnest(r.setconfig) c where r.setdatabase = 0 and r.setrole = 0),
given as (select lower(split_part(c, '=', 1)) as name from pg_catalog.pg_db_role_setting r, unnest(r.setconfig) c
  where r.setdatabase in (0, (select oid from pg_catalog.pg_database where datname = current_database()))
    and r.setrole in (0, (select oid from pg_catalog.pg_roles where rolname = session_user))),
known as (
  select s.name, case when (s.source <> 'session' or lower(s.name) in (select name from given))
      and s.source in ('database', 'user', 'database user', 'client', 'session', 'interactive')
    then coalesce((select setting from everybody e where lower(e.name) = lower(s.name)),
      (select setting from files f where lower(f.name) = lower(s.name)), s.boot_val)
    else s.reset_val end as value
  from pg_catalog.pg_settings s
  where s.name in (${meaningfulSettings.map(literal).join(", ")})
    or (s.name like '%.%' and s.source in ('configuration file', 'command line', 'global'))),
own as (
  select distinct on (lower(o.name)) o.name, o.setting as value
  from (select 1 as place, * from everybody union all select 2, * from files) o
  where o.name like '%.%' and not exists (
    select from pg_catalog.pg_settings s where lower(s.name) = lower(o.name))
  order by lower(o.name), o.place)
select ${jsonList(`json_build_object('name', name, 'value', value) order by lower(name)`)}
from (select * from known union all select * from own) s where value is not null`;

/** Custom settings that no library defines are in no other view. */
const inFiles = `select distinct on (lower(name)) name, setting from pg_catalog.pg_file_settings
  order by lower(name), seqno desc`;
const noFiles = "select null::text as name, null::text as setting where false";

const userSettingsQuery = `select ${jsonList(`json_build_object(
    'name', split_part(c, '=', 1), 'value', substr(c, strpos(c, '=') + 1)) order by c`)}
  from pg_catalog.pg_db_role_setting s, unnest(s.setconfig) c
  where s.setdatabase = 0 and s.setrole = (select oid from pg_catalog.pg_roles where rolname = session_user)`;

const clusterSelect = (files: string): string => `select json_build_object(
  'template', (select json_build_object(
    'encoding', pg_encoding_to_char(d.encoding),
    'collate', d.datcollate,
    'ctype', d.datctype,
    'provider', coalesce(to_jsonb(d) ->> 'datlocprovider', 'c'),
    'providerLocale', coalesce(to_jsonb(d) ->> 'datlocale', to_jsonb(d) ->> 'daticulocale'),
    'icuRules', to_jsonb(d) ->> 'daticurules') from pg_catalog.pg_database d where datname = 'template0'),
  'settings', (${settingsQuery(files)}),
  'userSettings', (${userSettingsQuery}))`;

/** For psql: the second query depends on the user's rights, because PostgreSQL checks them before it runs a query. */
const clusterQuery = `select case
  when has_table_privilege('pg_catalog.pg_file_settings', 'select')
    and has_function_privilege('pg_catalog.pg_show_all_file_settings()', 'execute')
  then ${literal(clusterSelect(inFiles))} else ${literal(clusterSelect(noFiles))} end \\gexec`;

/** @throws PsqlError, DockerError, InterruptedError */
export const readCluster = (server: Server): Promise<Cluster> => server.queryJson(Cluster, clusterQuery);
