import * as z from "zod/mini";

/**
 * The properties of a database apart from its content. A dump restored under another name loses them all. So they are
 * read from the catalogue, applied to the new database, and compared before the swap.
 */
export const DatabaseProperties = z.object({
  owner: z.string(),
  encoding: z.string(),
  collate: z.string(),
  ctype: z.string(),
  /** `c` libc, `i` ICU, `b` builtin; always `c` before PostgreSQL 15. */
  provider: z.string(),
  providerLocale: z.nullable(z.string()),
  icuRules: z.nullable(z.string()),
  tablespace: z.string(),
  connectionLimit: z.int(),
  isTemplate: z.boolean(),
  comment: z.nullable(z.string()),
  /** Null if no privilege was ever granted or revoked; in the catalogue's order, on which later grants depend. */
  grants: z.nullable(
    z.array(
      z.object({ grantor: z.string(), grantee: z.string(), privilege: z.string(), grantable: z.boolean() }),
    ),
  ),
  /** `role` is empty for the database's own settings. */
  settings: z.array(z.object({ role: z.string(), name: z.string(), value: z.string() })),
});
export type DatabaseProperties = z.infer<typeof DatabaseProperties>;
