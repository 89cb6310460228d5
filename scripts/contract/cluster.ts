import * as z from "zod/mini";

/**
 * What a server is apart from its databases, as far as it decides whether a dump can be loaded and what its values mean
 * then. A dump has none of it.
 */
export const Cluster = z.object({
  /** How initdb made it: what its template0 is. Its roles' names are of this encoding. */
  template: z.object({
    encoding: z.string(),
    collate: z.string(),
    ctype: z.string(),
    /** As in the properties of a database. */
    provider: z.string(),
    providerLocale: z.nullable(z.string()),
    icuRules: z.nullable(z.string()),
  }),
  /** What the server sets for sessions to which neither a database nor a role gives something else. */
  settings: z.array(z.object({ name: z.string(), value: z.string() })),
  /** What the role that asks, the configured user, has for itself in all databases. Not in older manifests. */
  userSettings: z.optional(z.array(z.object({ name: z.string(), value: z.string() }))),
});
export type Cluster = z.infer<typeof Cluster>;
export type ServerSetting = Cluster["settings"][number];
