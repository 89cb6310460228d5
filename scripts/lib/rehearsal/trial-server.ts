import type { ServerSetting } from "../../contract/cluster.ts";
import type { Manifest } from "../../contract/manifest.ts";
import { identifier, literal } from "../postgres/sql.ts";
import type { LiveFacts } from "./live-facts.ts";
import { socketDirectory } from "./trial-container.ts";

/** The size of a cluster without databases, and of its write-ahead log. */
export const emptyClusterBytes = 2 ** 29;

const mebibyte = 2 ** 20;

/**
 * The superuser that initdb makes: the configured user or, if that is no superuser, a superuser of the backup. A
 * restore into a server needs a superuser too.
 */
export function bootstrapUser(manifest: Manifest | null, user: string): string {
  const superusers = (manifest?.content?.roles ?? []).filter(({ attributes }) =>
    attributes.includes("SUPERUSER"),
  );
  if (superusers.length === 0 || superusers.some(({ name }) => name === user)) return user;
  return superusers[0]?.name ?? user;
}

/** The preloaded libraries of the live server without which an extension of the backup cannot be created. */
export function preloaded(manifest: Manifest | null, live: LiveFacts | null): string[] {
  const extensions = new Set(manifest?.content?.extensions.map(({ name }) => name));
  return (live?.preloaded ?? []).filter((library) => extensions.has(library));
}

/**
 * The settings of a throw-away server: no crash safety, no network, and a fraction of the container's memory.
 * @param memoryBytes of the container.
 * @returns lines of postgresql.conf.
 */
export function trialServerSettings(
  memoryBytes: number,
  manifest: Manifest | null,
  live: LiveFacts | null,
): string {
  const part = (fraction: number, least: number) =>
    `${Math.max(least, Math.floor(memoryBytes / fraction / mebibyte))}MB`;
  const settings: [string, string | number][] = [
    ["listen_addresses", ""],
    ["unix_socket_directories", socketDirectory],
    ["fsync", "off"],
    ["synchronous_commit", "off"],
    ["full_page_writes", "off"],
    ["wal_level", "minimal"],
    ["max_wal_senders", 0],
    ["max_wal_size", "256MB"],
    ["min_wal_size", "32MB"],
    ["autovacuum", "off"],
    ["max_connections", 20],
    // A view may lock as many tables as a large live server allows.
    ["max_locks_per_transaction", 1024],
    ["max_parallel_workers_per_gather", 0],
    ["max_parallel_maintenance_workers", 0],
    ["shared_buffers", part(8, 16)],
    ["maintenance_work_mem", part(8, 16)],
    // A failed statement may hold a password's hash.
    ["log_min_error_statement", "panic"],
    ["shared_preload_libraries", preloaded(manifest, live).join(",")],
  ];
  return configurationLines(settings.map(([name, value]) => ({ name, value: String(value) })));
}

/** Lines of postgresql.conf. */
export const configurationLines = (settings: readonly ServerSetting[]): string =>
  settings.map(({ name, value }) => `${name} = ${quoted(value)}\n`).join("");

/** Quoted for postgresql.conf. */
const quoted = (value: string): string =>
  `'${value.replaceAll("\\", "\\\\").replaceAll("'", "''").replaceAll("\n", "\\n")}'`;

/**
 * A dump of all roles for a server that already has one of them. Memberships lose their grantor, as in a restore: the
 * cluster's first superuser may be another role.
 */
export function rolesScript(rolesSql: string, bootstrap: string): string {
  const made = new Set([bootstrap, identifier(bootstrap)].map((name) => `CREATE ROLE ${name};`));
  return (
    rolesSql
      .split("\n")
      // It is sent as UTF-8, whatever the encoding of the dump.
      .filter((line) => !made.has(line) && !line.startsWith("SET client_encoding "))
      .map((line) =>
        line.startsWith("GRANT ") ? line.replace(/ GRANTED BY (?:"(?:[^"]|"")+"|[^\s";]+);$/, ";") : line,
      )
      .join("\n")
  );
}

/** Directories of tablespaces within the rehearsal's, and the statements that make them. */
export function tablespaces(names: readonly string[], directory: string): { paths: string[]; sql: string } {
  const made = names.map((name, index) => ({ name, path: `${directory}/tablespace-${index}` }));
  return {
    paths: made.map(({ path }) => path),
    sql: made
      .map(({ name, path }) => `CREATE TABLESPACE ${identifier(name)} LOCATION ${literal(path)};`)
      .join("\n"),
  };
}
