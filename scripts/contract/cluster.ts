import * as z from "zod/mini";

/**
 * The properties of a server apart from its databases that decide whether a dump can be loaded and what its values
 * mean. A dump contains none of them.
 */
export const Cluster = z.object({
  /** The options of initdb, as properties of template0. Names of roles are in this encoding. */
  template: z.object({
    encoding: z.string(),
    collate: z.string(),
    ctype: z.string(),
    /** As in the properties of a database. */
    provider: z.string(),
    providerLocale: z.nullable(z.string()),
    icuRules: z.nullable(z.string()),
  }),
  /** The server's settings for sessions, unless a database or a role overrides them. */
  settings: z.array(z.object({ name: z.string(), value: z.string() })),
  /** The settings of the configured user for all databases. Not in older manifests. */
  userSettings: z.optional(z.array(z.object({ name: z.string(), value: z.string() }))),
});
export type Cluster = z.infer<typeof Cluster>;
export type ServerSetting = Cluster["settings"][number];
