import type { FoundServer } from "../remotehost/get-server.ts";

/** What a server must offer before its backup system is put on it; looked at by `getServer` and `Readiness`. */
export interface Requirements {
  /** Commands that must be found on the server's PATH. */
  commands: string[];
  /** Directories (existing or not) whose file system must have this many bytes free and keep modes. */
  directories: { path: string; minimumFree: number }[];
  /** What sets each of these directories' paths in the configuration. */
  pathSettings?: Record<string, string>;
  /** Directories (existing or not) from which something is run. */
  executes?: string[];
  /** What nothing else on the server may do a second time: with it and `log` the surroundings are looked at. */
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
    /** Where its backups lie: none there yet makes a missing container a note, not a problem. */
    backups: string;
  }[];
  /** `system`: a Node of version 22.3 or later must be installed. */
  runtime: "pinned" | "system";
  /** The programs read archives that zstd compressed, which a Node of the server's own may be too old for. */
  zstd?: boolean;
  /** Where the programs log: nothing else may lie in its place. */
  log?: string;
  /** Whether cron is to send mail: a server without a mailer is then worth a note. */
  mails: boolean;
  /** Nothing was changed yet: a managed container may still be missing or stopped. */
  before?: boolean;
  /** Databases whose container the stack makes and starts itself, by name: PostgreSQL may take its time to answer. */
  managed?: string[];
  /** At which port of the loopback address a managed container has PostgreSQL, by name of the database. */
  published?: Record<string, number>;
  /** `PROJECT/STACK` that may own the machine too: it hands it over. */
  formerStack?: string;
}

/**
 * Requirements that came after the first version. A plugin of a version before refuses a requirement that it does not
 * know, and passes over a property: so these stand beside `requirements` in a resource, and an older version can still
 * be deployed. All that concerns them goes by this table.
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

/** All requirements among a resource's properties, whoever wrote them: not checked. */
export function requirementsIn(properties: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const { requirements } = properties;
  return { ...(typeof requirements === "object" && requirements), ...laterOf(properties) };
}

/** Those that there are, and nothing else that may stand beside them. */
export function laterOf<Properties extends { [Name in keyof LaterRequirements]?: unknown }>(
  properties: Properties,
): Pick<Properties, keyof LaterRequirements> {
  const found = laterNames.filter((name) => properties[name] !== undefined);
  // Object.fromEntries forgets which names it was given.
  return Object.fromEntries(found.map((name) => [name, properties[name]])) as typeof properties;
}

/** What a look at a server against its requirements finds out besides. */
export interface RequirementFacts {
  /** The databases of which nothing is backed up because their container does not exist, by name. */
  waiting: string[];
  architecture: "x64" | "arm64" | null;
  /** `PRETTY_NAME` of os-release. */
  operatingSystem: string | null;
  /** The server's own Node, for `runtime: system`. */
  systemNode: { path: string; version: string } | null;
}

/** What `getServer` found out. Nothing here is secret. */
export type ServerFacts = FoundServer & RequirementFacts;
