const begin = "SAVEPOINT briefly";
const end = "ROLLBACK TO SAVEPOINT briefly; RELEASE SAVEPOINT briefly";

/**
 * A query in a longer transaction that keeps none of its locks: those of the table and of all its indexes, which
 * PostgreSQL takes for planning. The lock table is shared by the whole server.
 */
export const briefly = (sql: string): string => `${begin}; ${sql.replace(/;\s*$/, "")}; ${end};`;

/** The same around `PsqlSession.attempt`. */
export const around = [`${begin};`, `${end};`] as const;
