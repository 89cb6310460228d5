import { highestLevels } from "../../scripts/contract/compressions.ts";
import { pathProblems } from "./path-checks.ts";
import { pingUrlPerJob } from "./ping-urls.ts";
import type { DatabasePlan, ServerPlan, StackPlan } from "./plan.ts";
import { type Problem, unknownKeyText } from "./problems.ts";
import type { Configuration } from "./schema.ts";
import { sharedPlaces, storeProblems } from "./store-plan.ts";
import { setCopyKey } from "./store-values.ts";

/** The later members of each group that share a key, with the first one of their group. */
function repeats<T>(items: readonly T[], key: (item: T) => string): { first: T; again: T }[] {
  const seen = new Map<string, T>();
  return items.flatMap((again) => {
    const first = seen.get(key(again));
    if (first === undefined) seen.set(key(again), again);
    return first === undefined ? [] : [{ first, again }];
  });
}

function unknownDatabases(configuration: Configuration, known: readonly string[]): Problem[] {
  return Object.entries(configuration.servers).flatMap(([key, server]) =>
    Object.keys(server.databases ?? {})
      .filter((name) => !known.includes(name))
      .map((name) => ({
        path: ["servers", key, "databases", name],
        text: unknownKeyText(name, known, "not one of the stack's databases"),
      })),
  );
}

function withoutDatabases(
  { key }: ServerPlan,
  configuration: Configuration,
  known: readonly string[],
): Problem[] {
  const own = configuration.servers[key]?.databases;
  const names = own === undefined ? known : Object.keys(own);
  if (names.length > 0) return [];
  return [{ path: ["servers", key], text: "has no database: name at least one under databases" }];
}

function sameAddress(servers: readonly ServerPlan[]): Problem[] {
  const address = ({ connection }: ServerPlan) =>
    JSON.stringify([connection.host.toLowerCase(), connection.user ?? "", connection.port ?? 0]);
  return repeats(servers, address).map(({ first, again }) => ({
    path: ["servers", again.key, "host"],
    text: `${again.connection.host} is also the host of ${first.key}: one machine is one server with several databases`,
  }));
}

/** The resources of a server are called KEY-PURPOSE, and `pulumi up --target` selects them by that. */
function keysWithinKeys(servers: readonly ServerPlan[]): Problem[] {
  return servers.flatMap(({ key }) =>
    servers
      .filter((other) => key.startsWith(`${other.key}-`))
      .map((other) => ({
        path: ["servers", key],
        text: `begins with ${other.key}-, so that a run with --target for ${other.key} would change ${key} too: give one of them another key, with host for its address and formerly if it is deployed`,
      })),
  );
}

function identityProblems(plan: StackPlan): Problem[] {
  const declared = new Set(plan.servers.map(({ key }) => key));
  const renamed = plan.servers.filter(({ formerly }) => formerly !== null);
  const at = (key: string) => ["servers", key, "formerly"];
  return [
    ...Object.keys(plan.decommissioned)
      .filter((key) => declared.has(key))
      .map((key) => ({
        path: ["decommissioned", key],
        text: "is still declared under servers: take it out of one of the two",
      })),
    ...renamed
      .filter(({ formerly }) => declared.has(formerly ?? ""))
      .map(({ key, formerly }) => ({ path: at(key), text: `${formerly} is itself declared under servers` })),
    ...renamed
      .filter(({ formerly }) => Object.hasOwn(plan.decommissioned, formerly ?? ""))
      .map(({ key, formerly }) => ({
        path: at(key),
        text: `${formerly} is also decommissioned: it is either renamed or gone`,
      })),
    ...repeats(renamed, ({ formerly }) => formerly ?? "").map(({ first, again }) => ({
      path: at(again.key),
      text: `${again.formerly} is also the former key of ${first.key}`,
    })),
  ];
}

function databaseProblems({ key, databases }: ServerPlan, configuration: Configuration): Problem[] {
  const own = configuration.servers[key]?.databases;
  const at = ({ name }: DatabasePlan) => [...(own === undefined ? [] : ["servers", key]), "databases", name];
  const long = databases.flatMap((one) =>
    (["database", "user"] as const)
      .filter((field) => Buffer.byteLength(one[field]) > 63)
      .map((field) => ({
        path: [...at(one), field],
        text: `${one[field]} is longer than PostgreSQL's 63 bytes; give a shorter one`,
      })),
  );
  const twice = repeats(databases, ({ container, database }) => `${container}\n${database}`).map(
    ({ first, again }) => ({
      path: at(again),
      text: `is the same database as ${first.name}: ${again.database} in ${again.container}`,
    }),
  );
  const shared = repeats(databases, ({ container }) => container)
    .filter(({ first, again }) => first.managedContainer !== null || again.managedContainer !== null)
    .map(({ first, again }) => ({
      path: [...at(again), "managedContainer"],
      text: `${again.container} is also the container of ${first.name}: a managed container holds one database`,
    }));
  return [...long, ...twice, ...shared];
}

function thresholdProblems({ key, monitoring }: ServerPlan, configuration: Configuration): Problem[] {
  if (monitoring.diskWarningPercent < monitoring.diskCriticalPercent) return [];
  const own = configuration.servers[key]?.monitoring;
  const overridden = own?.diskWarningPercent !== undefined || own?.diskCriticalPercent !== undefined;
  return [
    {
      path: [...(overridden ? ["servers", key] : []), "monitoring", "diskWarningPercent"],
      text: `must be below diskCriticalPercent (${monitoring.diskCriticalPercent}), is ${monitoring.diskWarningPercent}`,
    },
  ];
}

/**
 * A dead server would not be noticed while another one reports to the same address. No message contains the address.
 */
function sharedPingUrls(servers: readonly ServerPlan[], configuration: Configuration): Problem[] {
  const reporting = servers.flatMap((server) =>
    Object.values(pingUrlPerJob(server)).flatMap((url) =>
      url !== null && URL.canParse(url)
        ? [{ key: server.key, address: new URL(url).href.replace(/\/+$/, "") }]
        : [],
    ),
  );
  const again = repeats(reporting, ({ address }) => address);
  const once = again.filter(
    (one, index) => again.findIndex(({ again: { key } }) => key === one.again.key) === index,
  );
  return once.map(({ first, again }) => {
    const own = configuration.servers[again.key]?.monitoring?.pingUrl !== undefined;
    return {
      path: [...(own ? ["servers", again.key] : []), "monitoring", "pingUrl"],
      text: `is one address for ${first.key} and ${again.key}, so that a report of one hides that the other is missing: put {server} in it, which stands for the server's key, or give each server its own`,
    };
  });
}

function rehearsalProblems({ key, backups, rehearsal }: ServerPlan, configuration: Configuration): Problem[] {
  if (rehearsal.schedule === "never" || backups.manifest === "full") return [];
  const own = configuration.servers[key];
  const overridden = own?.backups?.manifest !== undefined || own?.rehearsal?.schedule !== undefined;
  return [
    {
      path: [...(overridden ? ["servers", key] : []), "backups", "manifest"],
      text: "is rows, and a rehearsal that compares no content proves little: set it to full, or rehearsal.schedule to never",
    },
  ];
}

function compressionProblems({ key, backups }: ServerPlan, configuration: Configuration): Problem[] {
  const { compression, compressionLevel } = backups;
  const highest = highestLevels[compression];
  if (compressionLevel <= highest) return [];
  const own = configuration.servers[key]?.backups;
  const overridden = own?.compression !== undefined || own?.compressionLevel !== undefined;
  return [
    {
      path: [...(overridden ? ["servers", key] : []), "backups", "compressionLevel"],
      text: `must be at most ${highest} while backups.compression is ${compression}, is ${compressionLevel}: lower it, or set compression to zstd, which has levels up to ${highestLevels.zstd}`,
    },
  ];
}

function copyKeyProblems(configuration: Configuration): Problem[] {
  const { copies, copyKey, servers } = configuration;
  const groups = [copies, ...Object.values(servers).map((server) => server.copies)];
  const isNeeded = groups.some((group) => Object.values(group ?? {}).some((store) => store !== false));
  if (copyKey !== undefined || !isNeeded) return [];
  return [{ path: ["copyKey"], text: `is missing: make and set it with ${setCopyKey}` }];
}

/**
 * Checks beyond the schema: values that are valid alone and invalid together.
 * @param databases the keys under `databases`, those with problems of their own included
 */
export function crossProblems(
  configuration: Configuration,
  plan: StackPlan,
  databases: readonly string[],
): Problem[] {
  return [
    ...unknownDatabases(configuration, databases),
    ...sameAddress(plan.servers),
    ...sharedPingUrls(plan.servers, configuration),
    ...sharedPlaces(plan.servers, configuration),
    ...copyKeyProblems(configuration),
    ...keysWithinKeys(plan.servers),
    ...identityProblems(plan),
    ...plan.servers.flatMap((server) => [
      ...withoutDatabases(server, configuration, databases),
      ...databaseProblems(server, configuration),
      ...pathProblems(server, configuration),
      ...thresholdProblems(server, configuration),
      ...rehearsalProblems(server, configuration),
      ...compressionProblems(server, configuration),
      ...storeProblems(server.key, configuration),
    ]),
  ];
}
