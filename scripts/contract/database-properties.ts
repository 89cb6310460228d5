import * as z from "zod/mini";

/**
 * What a database is apart from its content. A dump restored under another name loses all of it, so it is
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
  /** Null while nobody has granted or revoked anything; in the catalogue's order, on which later grants depend. */
  grants: z.nullable(
    z.array(
      z.object({ grantor: z.string(), grantee: z.string(), privilege: z.string(), grantable: z.boolean() }),
    ),
  ),
  /** `role` is empty for the database's own settings. */
  settings: z.array(z.object({ role: z.string(), name: z.string(), value: z.string() })),
});
export type DatabaseProperties = z.infer<typeof DatabaseProperties>;
