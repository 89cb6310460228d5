/**
 * Whether the session's user need not fear a relation's owner, who may put functions of his own into its indexes and
 * statistics: PostgreSQL runs them when it plans a query, with the rights of who asks.
 */
export const trusted = (owner: string): string =>
  `(SELECT rolsuper OR rolname = current_user FROM pg_roles WHERE oid = ${owner})`;

/** Whether an index or extended statistics of a relation hold an expression; those of statistics came with PostgreSQL 14. */
export const planned = (relation: string): string =>
  `(EXISTS (SELECT FROM pg_index WHERE indrelid = ${relation} AND (indexprs IS NOT NULL OR indpred IS NOT NULL))
    OR EXISTS (SELECT FROM pg_statistic_ext x WHERE stxrelid = ${relation} AND to_jsonb(x) ->> 'stxexprs' IS NOT NULL))`;
