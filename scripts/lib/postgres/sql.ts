/** A string as an SQL literal, whatever the server's standard_conforming_strings. */
export function literal(text: string): string {
  const quoted = text.replaceAll("'", "''");
  return quoted.includes("\\") ? ` E'${quoted.replaceAll("\\", "\\\\")}'` : `'${quoted}'`;
}

/** A name as an SQL identifier. */
export const identifier = (name: string): string => `"${name.replaceAll('"', '""')}"`;

/**
 * A database's name as a connection string. libpq would take a bare name that contains `=` or begins with
 * `postgresql://` for a connection string.
 */
export const connectionString = (database: string): string =>
  `dbname='${database.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
