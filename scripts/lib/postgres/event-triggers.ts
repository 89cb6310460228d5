import { literal } from "./sql.ts";

/**
 * For psql: sets its variables `silence` and `unsilence` to statements that disable all event triggers that the user
 * may alter, and that restore their states. Before PostgreSQL 17 a session cannot disable them for itself, and one that
 * is ENABLE ALWAYS or ENABLE REPLICA fires under every session_replication_role. Altering an event trigger fires none.
 */
export const silencing = `SELECT coalesce(string_agg(format('ALTER EVENT TRIGGER %I DISABLE;', evtname), ' '), '') AS silence,
  coalesce(string_agg(format('ALTER EVENT TRIGGER %I ENABLE%s;', evtname,
    CASE evtenabled WHEN 'A' THEN ' ALWAYS' WHEN 'R' THEN ' REPLICA' ELSE '' END), ' '), '') AS unsilence
FROM pg_catalog.pg_event_trigger WHERE evtenabled <> 'D' AND evtevent <> 'login'
AND pg_catalog.pg_has_role(evtowner, 'USAGE')
AND coalesce(pg_catalog.current_setting('event_triggers', true), 'on') <> 'off' \\gset
`;

/**
 * For the rest of a superuser's transaction: in role `replica` only triggers with ENABLE ALWAYS or ENABLE REPLICA fire.
 */
export const replicating = (role: "replica" | "origin"): string =>
  `SELECT pg_catalog.set_config('session_replication_role', '${role}', true)
WHERE pg_catalog.current_setting('is_superuser') OPERATOR(pg_catalog.=) 'on'`;

/**
 * Statements for psql, in one transaction, for which no event trigger of the database fires. Other sessions see the
 * triggers unchanged until the transaction ends, and afterwards they have their states again. Only for a database
 * without other users: of two such transactions at once one fails.
 */
export const unseen = (statements: string): string =>
  `${silencing}BEGIN;\n:silence\n${statements}\n:unsilence\nCOMMIT;\n`;

/**
 * A query for one JSON value: the name of an event trigger that would fire at such commands under
 * session_replication_role = replica, which only a superuser can set; null for none.
 * @param tags such as `CREATE FUNCTION`.
 */
export const firingQuery = (
  tags: readonly string[],
): string => `SELECT coalesce(to_json((SELECT min(evtname::text) FROM pg_catalog.pg_event_trigger
WHERE evtevent IN ('ddl_command_start', 'ddl_command_end') AND (evttags IS NULL OR evttags && ARRAY[${tags.map(literal).join(", ")}])
AND (evtenabled IN ('A', 'R') OR evtenabled = 'O' AND current_setting('is_superuser') = 'off')
AND coalesce(pg_catalog.current_setting('event_triggers', true), 'on') <> 'off')), 'null');`;
