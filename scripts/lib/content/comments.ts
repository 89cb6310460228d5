import { own, ownSchemas, undepending } from "./catalogues.ts";

/** Catalogues of objects in a schema, with the column that names the schema. */
const inSchemas: readonly (readonly [catalogue: string, schema: string])[] = [
  ["pg_operator", "oprnamespace"],
  ["pg_opclass", "opcnamespace"],
  ["pg_opfamily", "opfnamespace"],
  ["pg_collation", "collnamespace"],
  ["pg_conversion", "connamespace"],
  ["pg_ts_parser", "prsnamespace"],
  ["pg_ts_dict", "dictnamespace"],
  ["pg_ts_template", "tmplnamespace"],
  ["pg_ts_config", "cfgnamespace"],
];

/** Catalogues of objects without a schema. */
const inNone: readonly string[] = [
  "pg_language",
  "pg_cast",
  "pg_transform",
  "pg_am",
  "pg_foreign_data_wrapper",
  "pg_foreign_server",
  "pg_event_trigger",
  "pg_publication",
];

/**
 * A constraint that a dump names: not the constraints that a partition, a child table or a constraint trigger got from
 * another object.
 */
const namedConstraint = `CASE contype WHEN 'c' THEN conislocal WHEN 'f' THEN conparentid = 0 WHEN 't' THEN false ELSE true END`;

/** The oids of objects whose comments a dump contains, by catalogue. */
const commented: Record<string, string> = {
  pg_class: `SELECT oid FROM relations UNION ALL SELECT indexrelid FROM pg_index JOIN relations c ON c.oid = indrelid
    WHERE indisready AND (indisvalid OR c.relkind = 'p')`,
  pg_type: `SELECT oid FROM types UNION ALL SELECT t.oid FROM pg_type t JOIN schemas n ON n.oid = typnamespace
    WHERE NOT typisdefined AND ${own("pg_type", "t.oid")}`,
  pg_proc: "SELECT oid FROM functions",
  pg_constraint: `SELECT oid FROM pg_constraint WHERE ${namedConstraint}
    AND (conrelid IN (SELECT oid FROM relations) OR contypid IN (SELECT oid FROM types))`,
  // A partition's trigger is dumped separately if it is enabled differently from its parent's.
  pg_trigger: `SELECT t.oid FROM pg_trigger t JOIN relations c ON c.oid = t.tgrelid LEFT JOIN pg_trigger p ON p.oid = t.tgparentid
    WHERE p.oid IS NULL AND NOT t.tgisinternal OR t.tgenabled <> p.tgenabled`,
  pg_rewrite:
    "SELECT r.oid FROM pg_rewrite r JOIN relations c ON c.oid = ev_class WHERE rulename <> '_RETURN'",
  pg_policy: "SELECT o.oid FROM pg_policy o JOIN relations c ON c.oid = polrelid",
  pg_statistic_ext: `SELECT o.oid FROM pg_statistic_ext o JOIN schemas n ON n.oid = stxnamespace JOIN relations c ON c.oid = stxrelid
    WHERE ${own("pg_statistic_ext", "o.oid")}`,
  pg_namespace: `SELECT n.oid FROM ${ownSchemas}`,
  pg_largeobject: "SELECT oid FROM pg_largeobject_metadata",
  // Only a superuser's dump has them. A dropped one leaves its comment.
  pg_subscription: `SELECT s.oid FROM pg_subscription s JOIN pg_database b ON b.oid = subdbid
    WHERE datname = current_database() AND current_setting('is_superuser') = 'on'`,
  ...Object.fromEntries(
    inSchemas.map(([catalogue, schema]) => [
      catalogue,
      `SELECT o.oid FROM ${catalogue} o JOIN schemas n ON n.oid = ${schema} WHERE ${own(catalogue, "o.oid")}`,
    ]),
  ),
  ...Object.fromEntries(
    inNone.map((catalogue) => [
      catalogue,
      `SELECT o.oid FROM ${catalogue} o WHERE o.oid >= 16384 AND ${own(catalogue, "o.oid")}
        AND ${undepending(`'${catalogue}'::regclass`, "o.oid", "i")}`,
    ]),
  ),
};

/** The comments that a dump carries: PostgreSQL keeps others that no dump writes. */
export const commentTexts = Object.entries(commented)
  .map(
    ([catalogue, oids]) => `SELECT '${catalogue}' AS catalogue, objsubid > 0 AS of_column, description
      FROM pg_description WHERE classoid = '${catalogue}'::regclass AND objoid IN (${oids})`,
  )
  .join("\n    UNION ALL ");
