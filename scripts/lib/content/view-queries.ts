import * as z from "zod/mini";
import { jsonList } from "../postgres/json-list.ts";
import type { PsqlSession } from "../postgres/session.ts";
import { own } from "./catalogues.ts";
import { Columns, columnsOfRelation } from "./tables.ts";
import { trusted } from "./trust.ts";

const relation = { schema: z.string(), name: z.string() };

/** A materialized view, and the facts of its query. */
const ViewQuery = z.object({
  oid: z.int(),
  ...relation,
  /** As written in a dump: with its schema, quoted if necessary. */
  written: z.string(),
  owner: z.string(),
  /** Whether the owner is the session's user. */
  ours: z.boolean(),
  /**
   * Whether the owner is the session's user or a superuser, or the session's user is no superuser. Then functions in
   * its indexes can do little harm.
   */
  trusted: z.boolean(),
  populated: z.boolean(),
  columns: Columns,
  /** The materialized views that it reads, directly or through other views. */
  inner: z.array(z.object(relation)),
  /** The objects of another server that it reads: foreign tables, and functions of dblink. */
  elsewhere: z.array(z.string()),
  /** The values that it uses and that differ in each session: the time, the user, a random number … */
  moments: z.array(z.string()),
  /** Aggregates whose result depends on the order of the rows in its last digits. */
  inexact: z.array(z.string()),
  /**
   * Objects that a superuser's view reads or calls and whose owner is no superuser, and schemas of its objects in which
   * such a role can replace them.
   */
  others: z.array(z.string()),
  /** What it reads, by oid. */
  reads: z.array(z.object({ oid: z.int() })),
  /** The number of tables and indexes that are locked to plan its query. */
  locks: z.int(),
});
export type ViewQuery = z.infer<typeof ViewQuery>;

/** PostgreSQL's own functions that are not volatile but whose result still differs in each session. */
const momentary = [
  "now",
  "transaction_timestamp",
  "statement_timestamp",
  "current_database",
  "current_schema",
  "current_schemas",
  "current_user",
  "session_user",
  "version",
];
const quoted = (names: readonly string[]): string => names.map((name) => `'${name}'`).join(", ");

/** Words in the text of a user-defined function. */
const momentaryCall = String.raw`\m(now|age|random|clock_timestamp|timeofday|nextval|gen_random_uuid|${momentary.join("|")})\s*\(`;
const momentaryWord = String.raw`\m(current_date|current_time|current_timestamp|localtime|localtimestamp|current_user|session_user|current_role|current_catalog)\M`;

const superuser = (owner: string): string =>
  `EXISTS (SELECT FROM pg_roles WHERE oid = ${owner} AND rolsuper)`;

/** Whether this holds for a user-defined role that is no superuser. */
const anybody = (condition: string): string =>
  `EXISTS (SELECT FROM pg_roles r WHERE NOT rolsuper AND rolname !~ '^pg_' AND ${condition})`;

const ownCalls = "calls JOIN own_functions o ON o.oid = function";
const reachedHere = "WHERE reached.view = c.oid";
const calledHere = "WHERE calls.view = c.oid";
const allTexts = `SELECT ${jsonList(`what ORDER BY what COLLATE "C"`)}`;

const extensionOf = (catalogue: string, oid: string): string =>
  `(SELECT extname FROM pg_depend d JOIN pg_extension e ON e.oid = d.refobjid WHERE d.classid = '${catalogue}'::regclass
    AND d.objid = ${oid} AND d.deptype = 'e' AND d.refclassid = 'pg_extension'::regclass LIMIT 1)`;

/**
 * `rules` are the queries of all views, `reads` the relations that each reads, with partitions and child tables. A
 * user-defined function is searched by the words of its text.
 */
const viewsQuery = `
WITH RECURSIVE rules AS MATERIALIZED (
  SELECT ev_class AS view, ev_action::text AS action FROM pg_rewrite r JOIN pg_class c ON c.oid = ev_class
  WHERE rulename = '_RETURN' AND relkind IN ('v', 'm') AND c.oid >= 16384
), reads AS MATERIALIZED (
  SELECT DISTINCT view, found[1]::oid AS relation FROM rules, regexp_matches(action, ':relid (\\d+)', 'g') AS found
  WHERE found[1]::oid <> view
  UNION SELECT inhparent, inhrelid FROM pg_inherits
), reached AS (
  SELECT c.oid AS view, c.oid AS relation FROM pg_class c WHERE relkind = 'm'
  UNION SELECT reached.view, reads.relation FROM reached JOIN reads ON reads.view = reached.relation
), own_functions AS MATERIALIZED (
  SELECT p.oid, p.proowner AS owner, lower(proname) AS name, text, regexp_split_to_array(lower(text), '\\W+') AS words
  FROM pg_proc p, LATERAL (SELECT CASE WHEN prokind = 'a' THEN
      (SELECT concat_ws(' ', aggtransfn, aggfinalfn, aggcombinefn) FROM pg_aggregate WHERE aggfnoid = p.oid)
    ELSE pg_get_functiondef(p.oid) END AS text) AS t
  WHERE p.oid >= 16384 AND ${own("pg_proc", "p.oid")}
), calls AS (
  SELECT DISTINCT reached.view, found[1]::oid AS function FROM reached JOIN rules ON rules.view = reached.relation,
    regexp_matches(action, ':(?:funcid|opfuncid|aggfnoid|winfnoid) (\\d+)', 'g') AS found
  UNION SELECT calls.view, other.oid FROM calls JOIN own_functions f ON f.oid = calls.function
    JOIN own_functions other ON other.name = ANY (f.words) AND other.oid <> f.oid
)
SELECT ${jsonList(`json_build_object(
  'oid', c.oid::bigint, 'schema', n.nspname, 'name', c.relname, 'written', c.oid::regclass::text,
  'owner', pg_get_userbyid(c.relowner), 'ours', c.relowner = (SELECT oid FROM pg_roles WHERE rolname = current_user),
  'trusted', ${trusted("c.relowner")} OR current_setting('is_superuser') = 'off',
  'populated', c.relispopulated,
  'columns', ${columnsOfRelation},
  'inner', (SELECT ${jsonList("json_build_object('schema', s.nspname, 'name', i.relname)")}
    FROM reached JOIN pg_class i ON i.oid = relation JOIN pg_namespace s ON s.oid = i.relnamespace
    ${reachedHere} AND i.relkind = 'm' AND i.oid <> c.oid),
  'elsewhere', (${allTexts} FROM (
    SELECT 'the foreign table ' || relation::regclass FROM reached JOIN pg_class f ON f.oid = relation
      ${reachedHere} AND f.relkind = 'f'
    UNION SELECT 'the foreign table ' || f.oid::regclass FROM ${ownCalls}
      JOIN pg_class f ON f.relkind = 'f' AND lower(f.relname) = ANY (o.words) ${calledHere}
    UNION SELECT 'another database by dblink' FROM calls LEFT JOIN own_functions o ON o.oid = function
      ${calledHere} AND ('dblink' = ANY (o.words) OR ${extensionOf("pg_proc", "function")} = 'dblink')
  ) AS t(what)),
  'moments', (${allTexts} FROM (
    SELECT proname || '()' FROM calls JOIN pg_proc p ON p.oid = function
      ${calledHere} AND pronamespace = 'pg_catalog'::regnamespace
        AND (provolatile = 'v' OR proname IN (${quoted(momentary)}) OR proname = 'age' AND pronargs = 1)
    UNION SELECT name || '(), whose text asks for the time, the user or chance' FROM ${ownCalls}
      ${calledHere} AND (text ~* '${momentaryCall}' OR text ~* '${momentaryWord}')
    UNION SELECT 'the present time, user or schema' FROM reached JOIN rules ON rules.view = relation
      ${reachedHere} AND action LIKE '%SQLVALUEFUNCTION%'
    UNION SELECT 'the system''s ' || relation::regclass FROM reached ${reachedHere} AND relation < 16384
  ) AS t(what)),
  'inexact', (SELECT ${jsonList("DISTINCT proname")} FROM calls JOIN pg_proc p ON p.oid = function
    ${calledHere} AND pronamespace = 'pg_catalog'::regnamespace AND prokind = 'a'
      AND proargtypes::oid[] && '{float4,float8}'::regtype[]::oid[] AND proname NOT IN ('min', 'max', 'count')),
  'others', (${allTexts} FROM (
    SELECT relation::regclass::text FROM reached JOIN pg_class r ON r.oid = relation
      ${reachedHere} AND r.oid >= 16384 AND NOT ${superuser("r.relowner")} AND ${own("pg_class", "r.oid")}
    UNION SELECT name || '()' FROM ${ownCalls}
      ${calledHere} AND NOT ${superuser("o.owner")}
    UNION SELECT 'the type ' || typ.oid::regtype FROM reached JOIN rules ON rules.view = reached.relation,
      regexp_matches(action, 'type (\\d+)', 'g') AS found JOIN pg_type typ ON typ.oid = found[1]::oid
      ${reachedHere} AND typ.oid >= 16384 AND NOT ${superuser("typ.typowner")} AND ${own("pg_type", "typ.oid")}
    UNION SELECT 'the schema ' || s.nspname FROM pg_namespace s WHERE
      ${anybody("pg_has_role(r.oid, s.nspowner, 'USAGE')")} AND s.oid IN (
        SELECT relnamespace FROM reached JOIN pg_class taken ON taken.oid = relation
        ${reachedHere} AND taken.oid >= 16384)
      OR ${anybody("(has_schema_privilege(r.oid, s.oid, 'CREATE') OR pg_has_role(r.oid, s.nspowner, 'USAGE'))")}
      AND s.oid IN (SELECT pronamespace FROM calls JOIN pg_proc p ON p.oid = function ${calledHere} AND p.oid >= 16384)
  ) AS t(what) WHERE ${superuser("c.relowner")}),
  'reads', (SELECT ${jsonList("json_build_object('oid', oid::bigint)")} FROM (
    SELECT relation FROM reached ${reachedHere} AND relation >= 16384 AND relation <> c.oid
    UNION SELECT f.oid FROM ${ownCalls}
      JOIN pg_class f ON f.relkind IN ('r', 'm') AND f.oid >= 16384 AND lower(f.relname) = ANY (o.words) ${calledHere}
  ) AS t(oid)),
  'locks', (SELECT coalesce(sum(1 + (SELECT count(*) FROM pg_index WHERE indrelid = relation)), 0) FROM reached ${reachedHere})
) ORDER BY n.nspname COLLATE "C", c.relname COLLATE "C"`)}
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'm' AND ${own("pg_class", "c.oid")};`;

/**
 * The materialized views with the facts of their queries. Their definitions are left out: to print them, PostgreSQL
 * would lock the relations in them.
 * @param session a session with an empty search_path, so that names have their schemas.
 */
export const listViews = (session: PsqlSession): Promise<ViewQuery[]> =>
  session.queryJson(z.array(ViewQuery), viewsQuery);
