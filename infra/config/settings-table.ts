import * as z from "zod";
import { defaultConnectTimeout } from "../remotehost/connection.ts";
import { databaseDefaults } from "./database-defaults.ts";
import { defaultLogin, defaults, managedContainerDefaults } from "./defaults.ts";
import {
  Backups,
  CopyKey,
  Database,
  FormerStack,
  Login,
  ManagedContainer,
  Monitoring,
  Paths,
  Rehearsal,
  Runtime,
  ServerStores,
  Verification,
} from "./schema.ts";
import { AnyStore, storeDefaults } from "./store-schema.ts";

/** One setting of the configuration, as a person looks it up. */
export interface Setting {
  /** Its place in the file, `KEY` standing for a key of the person's own. */
  path: string;
  kind: string;
  /** As it is written in the file; null where there is none. */
  fallback: string | null;
  meaning: string;
}

const meta = (schema: z.core.$ZodType): { kind: string; meaning: string } => {
  const found = z.globalRegistry.get(schema) ?? {};
  const inner = schema instanceof z.ZodOptional ? (z.globalRegistry.get(schema.unwrap()) ?? {}) : {};
  const { kind, description } = { ...inner, ...found };
  return { kind: String(kind ?? "mapping"), meaning: String(description ?? "") };
};

/** The settings of a group, and of the groups in it, in the schema's order. */
function settingsOf(group: z.ZodObject, path: string, fallbacks: object): Setting[] {
  return Object.entries(group.shape).flatMap(([key, schema]): Setting[] => {
    const fallback: unknown = Reflect.get(fallbacks, key);
    const here = `${path}.${key}`;
    if (schema instanceof z.ZodObject)
      return settingsOf(schema, here, fallback instanceof Object ? fallback : {});
    return [{ path: here, ...meta(schema), fallback: fallback === undefined ? null : String(fallback) }];
  });
}

const container = databaseDefaults.container("KEY");

/** Every setting of a stack, in the order of the reference. */
export const settings: readonly Setting[] = [
  ...settingsOf(Login, "servers.KEY", {
    host: "the key",
    port: "as ssh_config says",
    user: defaultLogin,
    connectTimeout: `${defaultConnectTimeout}s`,
  }),
  {
    path: "servers.KEY.databases",
    kind: "mapping",
    fallback: "all of the stack",
    meaning: "The databases on this server, each with what differs from `databases`",
  },
  {
    path: "servers.KEY.copies",
    ...meta(ServerStores),
    fallback: "all of the stack",
  },
  {
    path: "servers.KEY.paths, .backups, .rehearsal, .monitoring, .runtime, .verification, .formerStack",
    kind: "as below",
    fallback: "as below",
    meaning: "What differs on this server",
  },
  ...settingsOf(Database.omit({ managedContainer: true }), "databases.KEY", {
    container,
    database: databaseDefaults.database("KEY"),
    user: databaseDefaults.user("KEY"),
    dataDirectory: databaseDefaults.dataDirectory("CONTAINER"),
    port: "the container's `PGPORT`, or 5432",
  }),
  { path: "databases.KEY.managedContainer", ...meta(Database.shape.managedContainer), fallback: null },
  ...settingsOf(ManagedContainer, "databases.KEY.managedContainer", managedContainerDefaults),
  {
    path: "databasePasswords.KEY",
    kind: "secret text",
    fallback: null,
    meaning: "First password of a managed container",
  },
  ...settingsOf(Paths, "paths", defaults.paths),
  ...settingsOf(Backups, "backups", defaults.backups),
  ...settingsOf(Rehearsal, "rehearsal", defaults.rehearsal),
  ...settingsOf(Monitoring, "monitoring", defaults.monitoring),
  ...settingsOf(AnyStore, "copies.STORE", storeDefaults),
  { path: "copyKey", ...meta(CopyKey), fallback: null },
  { path: "runtime", ...meta(Runtime), fallback: defaults.runtime },
  { path: "verification", ...meta(Verification), fallback: String(defaults.verification) },
  { path: "formerStack", ...meta(FormerStack), fallback: null },
  {
    path: "decommissioned.KEY",
    kind: "`remove` or `forget`",
    fallback: null,
    meaning: "A former server: delete our files and leave every backup, or contact nobody because it is gone",
  },
];
