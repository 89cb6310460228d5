/**
 * Fixes, for a transaction, every setting that a value's text form depends on, so that equal values have equal hashes
 * whatever the role, the database or the server is set to.
 */
export const fixTextForms = [
  "SET LOCAL DateStyle = 'ISO, YMD'",
  "SET LOCAL IntervalStyle = 'postgres'",
  "SET LOCAL TimeZone = 'UTC'",
  "SET LOCAL extra_float_digits = 1",
  "SET LOCAL bytea_output = 'hex'",
  "SET LOCAL lc_monetary = 'C'",
  "SET LOCAL xmlbinary = 'base64'",
  // Names of tables, types and functions are then written with their schema, and quoted only where they have to be.
  "SET LOCAL search_path = ''",
  "SET LOCAL quote_all_identifiers = off",
].join("; ");
