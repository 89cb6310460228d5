import * as z from "zod/mini";
import { type Content, ObjectCount } from "../../contract/content.ts";
import type { PsqlSession } from "../postgres/session.ts";
import { briefly } from "./briefly.ts";
import { own, ownSchemas, undepending } from "./catalogues.ts";
import { commentTexts } from "./comments.ts";

const relationsOfKind = (relkind: string): string =>
  `SELECT nspname, relname FROM relations WHERE relkind = '${relkind}'`;

/** A role's name; empty for PUBLIC. */
const grantee = (oid: string): string =>
  `CASE WHEN ${oid} = 0 THEN '' ELSE pg_get_userbyid(${oid})::text END`;

/**
 * A type's name. PostgreSQL's own function looks at the present. For a type that was dropped since the snapshot, the
 * name is written as that function would write it.
 */
const typeName = (oid: string, modifier: string): string => `coalesce(
    nullif(nullif(format_type(${oid}, ${modifier}), '???'), '???[]'), (
      SELECT quote_ident(nspname) || '.' || CASE WHEN e.oid IS NULL THEN quote_ident(y.typname) ELSE quote_ident(e.typname) || '[]' END
      FROM pg_type y JOIN pg_namespace n ON n.oid = y.typnamespace LEFT JOIN pg_type e ON e.typarray = y.oid WHERE y.oid = ${oid}))`;

/** A parent relation decides about the columns and constraints of its children. */
const heir = "EXISTS (SELECT FROM pg_inherits h WHERE h.inhrelid = c.oid)";

/**
 * The objects of each kind with their compared properties, name first. Properties that may rightly differ after a
 * restore are left out, above all the text of definitions: PostgreSQL prints some differently after a restore.
 */
const kinds: Record<string, string> = {
  schemas: `SELECT nspname FROM ${ownSchemas}`,
  tables:
    "SELECT nspname, relname, relkind, relpersistence, relrowsecurity, relforcerowsecurity FROM relations WHERE relkind IN ('r', 'p')",
  foreignTables: relationsOfKind("f"),
  views: relationsOfKind("v"),
  materializedViews: relationsOfKind("m"),
  // Since 17 partitions have their parent's identity.
  columns: `SELECT nspname, relname, attname, ${typeName("atttypid", "atttypmod")}, CASE WHEN NOT relispartition THEN attidentity END, attgenerated,
    CASE WHEN NOT ${heir} THEN attnotnull END, CASE WHEN NOT ${heir} THEN atthasdef END
    FROM relations c JOIN pg_attribute ON attrelid = c.oid WHERE relkind IN ('r', 'p', 'f', 'v', 'm', 'c') AND attnum > 0 AND NOT attisdropped`,
  inheritances: `SELECT c.nspname, c.relname, p.nspname, p.relname
    FROM pg_inherits JOIN relations c ON c.oid = inhrelid JOIN relations p ON p.oid = inhparent WHERE c.relkind IN ('r', 'p', 'f')`,
  // The remains of a failed CREATE INDEX CONCURRENTLY are not dumped.
  indexes: `SELECT c.nspname, c.relname, i.relname, indisunique, indisprimary, amname
    FROM pg_index JOIN relations c ON c.oid = indrelid JOIN pg_class i ON i.oid = indexrelid JOIN pg_am m ON m.oid = i.relam
    WHERE indisready AND (indisvalid OR c.relkind = 'p')`,
  constraints: "SELECT * FROM constraints",
  notValidConstraints: "SELECT * FROM constraints WHERE NOT convalidated",
  triggers:
    "SELECT nspname, relname, tgname, tgenabled, tgtype FROM pg_trigger JOIN relations c ON c.oid = tgrelid WHERE NOT tgisinternal AND tgparentid = 0",
  eventTriggers: `SELECT evtname, evtevent, evtenabled FROM pg_event_trigger v WHERE ${own("pg_event_trigger", "v.oid")}`,
  rules:
    "SELECT nspname, relname, rulename, ev_type, ev_enabled FROM pg_rewrite JOIN relations c ON c.oid = ev_class WHERE rulename <> '_RETURN'",
  policies: `SELECT nspname, relname, polname, polcmd, polpermissive,
    ARRAY(SELECT ${grantee("r")} AS name FROM unnest(polroles) AS r ORDER BY 1)
    FROM pg_policy JOIN relations c ON c.oid = polrelid`,
  functions:
    "SELECT nspname, proname, arguments, prokind, lanname, prosecdef, provolatile, prosrc FROM functions JOIN pg_language l ON l.oid = prolang",
  types: `SELECT nspname, typname, typtype, typnotnull, ${typeName("t.typbasetype", "t.typtypmod")},
    ARRAY(SELECT enumlabel::text FROM pg_enum WHERE enumtypid = t.oid ORDER BY enumsortorder) FROM types t`,
  collations: `SELECT nspname, collname FROM pg_collation o JOIN schemas n ON n.oid = collnamespace WHERE ${own("pg_collation", "o.oid")}`,
  statistics: `SELECT n.nspname, stxname FROM pg_statistic_ext o JOIN schemas n ON n.oid = stxnamespace JOIN relations c ON c.oid = stxrelid
    WHERE ${own("pg_statistic_ext", "o.oid")}`,
  foreignServers: `SELECT srvname FROM pg_foreign_server s WHERE ${own("pg_foreign_server", "s.oid")}`,
  publications: "SELECT pubname, puballtables FROM pg_publication",
  // Older manifests have `comments`, which also counts comments that no dump contains.
  commentTexts,
  owners: `SELECT 'relation', nspname, relname, pg_get_userbyid(relowner) FROM relations
    UNION ALL SELECT 'function', nspname, proname || '(' || arguments || ')', pg_get_userbyid(proowner) FROM functions
    UNION ALL SELECT 'type', nspname, typname, pg_get_userbyid(typowner) FROM types
    UNION ALL SELECT 'schema', '', nspname, pg_get_userbyid(nspowner) FROM ${ownSchemas}`,
  grants: "SELECT * FROM grants WHERE NOT (class = 'n' AND object = 'public') AND privilege <> 'MAINTAIN'",
  // In dumps before 15, the statements about the schema public depend on its owner, and on whether PostgreSQL made it.
  publicSchema: `SELECT nspname, pg_get_userbyid(nspowner), CASE WHEN current_setting('server_version_num')::int < 150000 THEN oid < 16384 END
    FROM schemas WHERE nspname = 'public'`,
  publicSchemaGrants: "SELECT * FROM grants WHERE class = 'n' AND object = 'public'",
  maintainGrants: "SELECT * FROM grants WHERE privilege = 'MAINTAIN'",
  defaultPrivileges: `SELECT DISTINCT pg_get_userbyid(defaclrole)::text, coalesce(nspname, ''), defaclobjtype,
    ${grantee("a.grantee")}, a.privilege_type, a.is_grantable
    FROM pg_default_acl LEFT JOIN pg_namespace n ON n.oid = defaclnamespace, aclexplode(defaclacl) AS a
    WHERE a.privilege_type <> 'MAINTAIN'`,
};

const major = ({ serverVersionNumber }: Content): number => Math.floor(serverVersionNumber / 10_000);
const hasPublic = ({ objects }: Content): boolean => objects.publicSchema?.count === 1;

/**
 * The kinds that are not to be compared between two databases. Another major version changes some by itself: 15 took
 * CREATE on the schema public from everybody, and a GRANT ALL of an older version includes MAINTAIN from 17 on. Every
 * new database has public, also where it was dropped, and no dump before 15 brings back another owner of it or another
 * one of its name.
 */
export function incomparableKinds(expected: Content, found: Content): ReadonlySet<string> {
  if (major(expected) !== major(found))
    return new Set(["publicSchema", "publicSchemaGrants", "maintainGrants"]);
  if (!hasPublic(expected) || !hasPublic(found)) return new Set(["publicSchema", "publicSchemaGrants"]);
  if (major(found) >= 15) return new Set();
  const same = expected.objects.publicSchema?.hash === found.objects.publicSchema?.hash;
  return new Set(same ? [] : ["publicSchema", "publicSchemaGrants"]);
}

/** Objects with privileges, with their letter in acldefault. */
const granted = `
  SELECT CASE WHEN relkind = 'S' THEN 's' ELSE 'r' END, nspname, relname::text, '', relacl, relowner FROM relations WHERE relkind <> 'c'
  UNION ALL SELECT 'c', nspname, relname, attname, attacl, relowner FROM relations c JOIN pg_attribute ON attrelid = c.oid
    WHERE attacl IS NOT NULL AND NOT attisdropped
  UNION ALL SELECT 'f', nspname, proname || '(' || arguments || ')', '', proacl, proowner FROM functions
  UNION ALL SELECT 'T', nspname, typname, '', typacl, typowner FROM types
  UNION ALL SELECT 'n', '', nspname, '', nspacl, nspowner FROM schemas n WHERE ${own("pg_namespace", "n.oid")}
  UNION ALL SELECT 'L', '', oid::text, '', lomacl, lomowner FROM pg_largeobject_metadata
  UNION ALL SELECT 'S', '', srvname, '', srvacl, srvowner FROM pg_foreign_server s WHERE ${own("pg_foreign_server", "s.oid")}`;

/** The grants that are in one list and not in the other. */
const onlyIn = (sign: string, acl: string, other: string): string => {
  const listed = (list: string) =>
    `SELECT '${sign}' AS sign, grantee, privilege_type, is_grantable FROM aclexplode(${list})`;
  return `(${listed(acl)} EXCEPT ${listed(other)})`;
};
const defaultGrants = 'acldefault(class::"char", owner)';

/** Grants and revokes beyond the defaults. Explicit defaults are no difference. */
const grants = `
  SELECT DISTINCT class, nspname, object, part, sign, ${grantee("grantee")} AS grantee,
    privilege_type AS privilege, is_grantable
  FROM granted AS g(class, nspname, object, part, acl, owner), LATERAL (
    ${onlyIn("granted", "acl", defaultGrants)} UNION ALL ${onlyIn("revoked", defaultGrants, "acl")}
  ) AS a
  WHERE acl IS NOT NULL`;

/**
 * Functions are not printed by PostgreSQL's function, whose text for procedures changed in 14. Constructors of range
 * types are left out, because they differ between versions. NOT NULL constraints are left out: 18 lists them here,
 * older versions only at the column.
 */
const objectsQuery = `
WITH schemas AS (
  SELECT * FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'
), relations AS (
  SELECT c.*, n.nspname FROM pg_class c JOIN schemas n ON n.oid = c.relnamespace
  WHERE relkind IN ('r', 'p', 'f', 'v', 'm', 'S', 'c') AND relpersistence <> 't' AND ${own("pg_class", "c.oid")}
), functions AS (
  SELECT p.*, n.nspname, array_to_string(ARRAY(SELECT ${typeName("a", "NULL")} FROM unnest(proargtypes) WITH ORDINALITY AS u(a, i) ORDER BY i), ', ') AS arguments
  FROM pg_proc p JOIN schemas n ON n.oid = p.pronamespace WHERE ${own("pg_proc", "p.oid")}
    AND ${undepending("'pg_proc'::regclass", "p.oid", "i")}
), types AS (
  SELECT t.*, n.nspname FROM pg_type t JOIN schemas n ON n.oid = t.typnamespace
  WHERE (typtype IN ('d', 'e', 'r', 'b') OR EXISTS (SELECT FROM pg_class WHERE oid = typrelid AND relkind = 'c'))
    AND NOT EXISTS (SELECT FROM pg_type WHERE typarray = t.oid) AND ${own("pg_type", "t.oid")}
), constraints AS (
  SELECT n.nspname, coalesce(c.relname, t.typname), conname, contype, condeferrable, condeferred, convalidated
  FROM pg_constraint k JOIN schemas n ON n.oid = connamespace
  LEFT JOIN relations c ON c.oid = conrelid LEFT JOIN types t ON t.oid = contypid
  WHERE contype <> 'n' AND conparentid = 0 AND coninhcount = 0 AND (c.oid IS NOT NULL OR t.oid IS NOT NULL)
), granted AS (${granted}
), grants AS (${grants}
)
SELECT json_object_agg(kind, json_build_object('count', count, 'hash', hash)) FROM (
${Object.entries(kinds)
  .map(
    ([kind, select]) =>
      `SELECT '${kind}' AS kind, count(*) AS count, coalesce(sum(hashtextextended(o::text COLLATE "C", 0)), 0)::text AS hash FROM (${select}) AS o`,
  )
  .join("\nUNION ALL ")}
) AS counted;`;

/** Counts the objects of every kind. */
export const readObjects = (session: PsqlSession): Promise<Record<string, ObjectCount>> =>
  session.queryJson(z.catchall(z.object({}), ObjectCount), briefly(objectsQuery));
