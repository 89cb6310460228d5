/** Small plain dumps in the form of pg_dump. */

const versions =
  "-- Dumped from database version 15.18 (Debian 15.18-1)\n-- Dumped by pg_dump version 15.18\n\n";
export const row = "a row of its own\t1\n";
export const head = (token: string | null) =>
  `--\n-- PostgreSQL database dump\n--\n\n${token === null ? "" : `\\restrict ${token}\n\n`}${versions}COPY t (a) FROM stdin;\n`;
export const end = (token: string | null) =>
  `--\n-- PostgreSQL database dump complete\n--\n\n${token === null ? "" : `\\unrestrict ${token}\n\n`}`;
/** @param token of `\restrict`; null for versions of pg_dump before it */
export const dump = (token: string | null, rows = row.repeat(40), lastToken = token) =>
  `${head(token)}${rows}\\.\n\n\n${end(lastToken)}`;
