import type { FoundServer } from "../remotehost/get-server.ts";

/** The requirements for a server before its backup system is deployed; checked by `getServer` and `Readiness`. */
export interface Requirements {
  /** Commands that must be found on the server's PATH. */
  commands: string[];
  /** Directories (existing or not) whose file system must have this many bytes free and keep modes. */
  directories: { path: string; minimumFree: number }[];
  /** The setting of each of these directories' paths in the configuration. */
  pathSettings?: Record<string, string>;
  /** Directories (existing or not) from which something is run. */
  executes?: string[];
  /** Our own places, which foreign jobs must not duplicate: with them and `log` the surroundings are examined. */
  own?: { cronTable: string; logRotation: string; backupLauncher: string; installation: string };
  databases: {
    /** The key in the configuration. */
    name: string;
    container: string;
    database: string;
    user: string;
    /** Host directory that must be mounted as the container's data directory. */
    dataDirectory: string;
    /** As in the configuration. */
    port?: number;
    passwordFile?: string;
    /** The directory of its backups. If it has none yet, a missing container is a note, not a problem. */
    backups: string;
  }[];
  /** `system`: a Node of version 22.3 or later must be installed. */
  runtime: "pinned" | "system";
  /** The programs read archives that zstd compressed, which a Node of the server's own may be too old for. */
  zstd?: boolean;
  /** The programs' log. Nothing else may be at this path. */
  log?: string;
  /** Whether cron is to send mail: a server without a mailer is then worth a note. */
  mails: boolean;
  /** Nothing was changed yet: a managed container may still be missing or stopped. */
  before?: boolean;
  /** Databases whose container the stack makes and starts itself, by name: PostgreSQL may take its time to answer. */
  managed?: string[];
  /** The port on 127.0.0.1 of a managed container's PostgreSQL, by name of the database. */
  published?: Record<string, number>;
  /** `PROJECT/STACK` that may own the machine too: it hands it over. */
  formerStack?: string;
}

/**
 * Requirements that were added after the first version. An older plugin refuses an unknown requirement but ignores an
 * unknown property. So these are beside `requirements` in a resource, and an older version can still be deployed. This
 * table lists them for all code that handles them.
 */
export const laterNames = [
  "log",
  "executes",
  "own",
  "pathSettings",
  "managed",
  "published",
  "formerStack",
] as const;
export type LaterRequirements = Pick<Requirements, (typeof laterNames)[number]>;

/** Requirements as a resource keeps them. */
export interface KeptRequirements extends LaterRequirements {
  requirements: Omit<Requirements, keyof LaterRequirements>;
}

export function kept(all: Requirements): KeptRequirements {
  const requirements = { ...all };
  for (const name of laterNames) delete requirements[name];
  return { requirements, ...laterOf(all) };
}

export const requirementsOf = ({ requirements, ...later }: KeptRequirements): Requirements => ({
  ...requirements,
  ...laterOf(later),
});

/** All requirements among a resource's properties, unchecked. */
export function requirementsIn(properties: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const { requirements } = properties;
  return { ...(typeof requirements === "object" && requirements), ...laterOf(properties) };
}

/** Only the known requirements, without other properties beside them. */
export function laterOf<Properties extends { [Name in keyof LaterRequirements]?: unknown }>(
  properties: Properties,
): Pick<Properties, keyof LaterRequirements> {
  const found = laterNames.filter((name) => properties[name] !== undefined);
  // Object.fromEntries forgets which names it was given.
  return Object.fromEntries(found.map((name) => [name, properties[name]])) as typeof properties;
}

/** What a look at a server against its requirements finds out besides. */
export interface RequirementFacts {
  /** The databases that are not backed up because their container does not exist, by name. */
  waiting: string[];
  architecture: "x64" | "arm64" | null;
  /** `PRETTY_NAME` of os-release. */
  operatingSystem: string | null;
  /** The server's own Node, for `runtime: system`. */
  systemNode: { path: string; version: string } | null;
}

/** The result of `getServer`. Nothing here is secret. */
export type ServerFacts = FoundServer & RequirementFacts;
