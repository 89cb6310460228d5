/**
 * Fixes, for a transaction, all settings that affect a value's text form, so that equal values have equal hashes
 * whatever the settings of role, database or server.
 */
const textForms = [
  "SET LOCAL DateStyle = 'ISO, YMD'",
  "SET LOCAL IntervalStyle = 'postgres'",
  "SET LOCAL TimeZone = 'UTC'",
  "SET LOCAL extra_float_digits = 1",
  "SET LOCAL bytea_output = 'hex'",
  "SET LOCAL lc_monetary = 'C'",
  "SET LOCAL xmlbinary = 'base64'",
  // Names of tables, types and functions are then printed with their schema, and quoted only if necessary.
  "SET LOCAL search_path = ''",
  "SET LOCAL quote_all_identifiers = off",
];
export const fixTextForms = textForms.join("; ");

/** The names of those settings, but of search_path. */
export const textFormSettings = textForms
  .map((statement) => statement.split(" ")[2] ?? "")
  .filter((name) => name !== "search_path");

/** The application needs the other processors, and a dump one. */
const oneProcess = "SET LOCAL max_parallel_workers_per_gather = 0; SET LOCAL jit = off";

/**
 * For a transaction, as in pg_dump: a relation read by name must be a table, never a view or a foreign table with which
 * its owner has replaced the table, and whose functions would run with our rights. Not every PostgreSQL version knows
 * the setting.
 */
export const onlyTables = `SELECT pg_catalog.set_config(name, 'view, foreign-table', true)
FROM pg_catalog.pg_settings WHERE name = 'restrict_nonsystem_relation_kind' \\g /dev/null
`;

/** For a transaction that reads tables to compare them. */
export const readingSettings = `SET LOCAL row_security = off; ${oneProcess}; ${fixTextForms};
${onlyTables}`;

const begin = (access: string): string =>
  `BEGIN ISOLATION LEVEL REPEATABLE READ ${access}; ${readingSettings}`;

/** Begins a transaction that reads one snapshot, in text forms that are always the same. */
export const beginReading = begin("READ ONLY");

/** The same for a transaction that creates functions for reading; it must be rolled back. */
export const beginReadingByFunctions = begin("READ WRITE");
