import * as z from "zod/mini";

/** What `copy_backups --prune --json` prints, of which `npm run copies` makes its report. */
export const PruneReport = z.object({
  version: z.literal(1),
  exitCode: z.int(),
  stores: z.array(
    z.object({
      store: z.string(),
      exitCode: z.int(),
      /** About every copy there. */
      decisions: z.array(
        z.object({
          stem: z.string(),
          database: z.string(),
          decision: z.literal(["keep", "remove"]),
          reason: z.string(),
          bytes: z.int().check(z.nonnegative()),
          state: z.literal(["whole", "partial", "foreign"]),
        }),
      ),
      /** The stems that are gone. */
      removed: z.array(z.string()),
      error: z.nullable(z.string()),
    }),
  ),
});
export type PruneReport = z.infer<typeof PruneReport>;
