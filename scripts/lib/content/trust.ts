/**
 * Whether the session's user can trust a relation's owner. The owner may put functions into its indexes and statistics,
 * and PostgreSQL runs them when it plans a query, with the rights of the session's user.
 */
export const trusted = (owner: string): string =>
  `(SELECT rolsuper OR rolname = current_user FROM pg_roles WHERE oid = ${owner})`;
