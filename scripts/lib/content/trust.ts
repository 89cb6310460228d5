/**
 * Whether the session's user need not fear a relation's owner, who may put functions of his own into its indexes and
 * statistics: PostgreSQL runs them when it plans a query, with the rights of who asks.
 */
export const trusted = (owner: string): string =>
  `(SELECT rolsuper OR rolname = current_user FROM pg_roles WHERE oid = ${owner})`;
