const begin = "SAVEPOINT briefly";
const end = "ROLLBACK TO SAVEPOINT briefly; RELEASE SAVEPOINT briefly";

/**
 * A query of a longer transaction that keeps none of its locks: a table's own, and those of all of its indexes, which
 * PostgreSQL takes to plan. The lock table is one for the whole server.
 */
export const briefly = (sql: string): string => `${begin}; ${sql.replace(/;\s*$/, "")}; ${end};`;

/** The same around `PsqlSession.attempt`. */
export const around = [`${begin};`, `${end};`] as const;
