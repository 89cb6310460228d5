import { literal } from "./sql.ts";

/**
 * For psql: gives its variables `silence` and `unsilence` statements that disable all event triggers of the database
 * that the user may alter, and that give each its state back. Before PostgreSQL 17 no session can leave them out, and
 * one that is ENABLE ALWAYS or ENABLE REPLICA fires under every session_replication_role. To alter an event trigger
 * fires none.
 */
export const silencing = `SELECT coalesce(string_agg(format('ALTER EVENT TRIGGER %I DISABLE;', evtname), ' '), '') AS silence,
  coalesce(string_agg(format('ALTER EVENT TRIGGER %I ENABLE%s;', evtname,
    CASE evtenabled WHEN 'A' THEN ' ALWAYS' WHEN 'R' THEN ' REPLICA' ELSE '' END), ' '), '') AS unsilence
FROM pg_catalog.pg_event_trigger WHERE evtenabled <> 'D' AND evtevent <> 'login'
AND pg_catalog.pg_has_role(evtowner, 'USAGE')
AND coalesce(pg_catalog.current_setting('event_triggers', true), 'on') <> 'off' \\gset
`;

/**
 * Of a superuser's session none fires in role `replica` that is not enabled always, or for replicas. For the rest of a
 * transaction.
 */
export const replicating = (role: "replica" | "origin"): string =>
  `SELECT pg_catalog.set_config('session_replication_role', '${role}', true)
WHERE pg_catalog.current_setting('is_superuser') OPERATOR(pg_catalog.=) 'on'`;

/**
 * Statements for psql that no event trigger of the database sees, in one transaction: until it ends, the event triggers
 * are as they were for everybody else, and afterwards they are so again. For a database that nobody else uses: of two
 * such transactions at once one fails.
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
