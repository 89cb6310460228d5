import { databases, row, server, top } from "./row.ts";

/** Settings that are valid alone and contradict each other. */
export const together = [
  row(
    "two keys for one address",
    { servers: { one: { host: "h" }, two: { host: "H" } }, databases },
    "servers.two.host",
    "also the host of one",
  ),
  row(
    "a key that a targeted run could not tell from another",
    { servers: { web: {}, "web-db-2": {} }, databases },
    "servers.web-db-2",
    "begins with web-, so that a run with --target for web would change web-db-2 too",
  ),
  row(
    "a decommissioned server that is declared",
    top({ decommissioned: { one: "remove" } }),
    "decommissioned.one",
    "still declared",
  ),
  row(
    "a former key that is declared",
    { servers: { one: {}, two: { formerly: "one" } }, databases },
    "servers.two.formerly",
    "itself declared",
  ),
  row(
    "a former key twice",
    { servers: { one: { formerly: "old" }, two: { formerly: "old" } }, databases },
    "servers.two.formerly",
    "also the former key of one",
  ),
  row(
    "a former key that is decommissioned",
    { servers: { one: { formerly: "old" } }, databases, decommissioned: { old: "forget" } },
    "servers.one.formerly",
    "also decommissioned",
  ),
  row(
    "one path for two purposes",
    top({ paths: { log: "/root/database_backups" } }),
    "paths.log",
    "is also paths.backups",
  ),
  row(
    "one path for two purposes on a server",
    server({ paths: { quickReference: "/root/backup_database.sh" } }),
    "servers.one.paths.quickReference",
    "is also paths.backupLauncher",
  ),
  row(
    "a directory below a file",
    top({ paths: { log: "/srv/b", backups: "/srv/b/c" } }),
    "paths.backups",
    "which is a file",
  ),
  row(
    "backups in PostgreSQL's directory",
    top({ paths: { backups: "/root/library-db/data/b" } }),
    "paths.backups",
    "PostgreSQL's own directory",
  ),
  row(
    "a database that nobody declared",
    server({ databases: { libary: {} } }),
    "servers.one.databases.libary",
    "did you mean library?",
  ),
  row("a server without databases", server({ databases: {} }), "servers.one", "has no database"),
  row(
    "one database twice",
    {
      servers: { one: {} },
      databases: { library: {}, again: { container: "library-db", database: "library_production" } },
    },
    "databases.again",
    "same database as library",
  ),
  row(
    "a name that its key makes too long",
    { servers: { one: {} }, databases: { ["a".repeat(60)]: {} } },
    `databases.${"a".repeat(60)}.database`,
    "63 bytes",
  ),
  row(
    "a warning above critical",
    server({ monitoring: { diskWarningPercent: 99 } }),
    "servers.one.monitoring.diskWarningPercent",
    "below diskCriticalPercent (95)",
  ),
  row(
    "a rehearsal of backups whose manifests know rows only",
    top({ backups: { manifest: "rows" } }),
    "backups.manifest",
    "set it to full, or rehearsal.schedule to never",
  ),
  row(
    "the same for one server",
    server({ backups: { manifest: "rows" } }),
    "servers.one.backups.manifest",
    "compares no content",
  ),
  row(
    "a level that gzip does not have",
    top({ backups: { compressionLevel: 10 } }),
    "backups.compressionLevel",
    "must be at most 9 while backups.compression is gzip, is 10: lower it, or set compression to zstd",
  ),
  row(
    "a level that one server's compression does not have",
    {
      servers: { one: { backups: { compression: "gzip" } }, two: {} },
      databases,
      backups: { compression: "zstd", compressionLevel: 19 },
    },
    "servers.one.backups.compressionLevel",
    "while backups.compression is gzip",
  ),
  row(
    "one managed container for two databases",
    {
      servers: { one: {} },
      databases: { library: { managedContainer: {} }, again: { container: "library-db" } },
    },
    "databases.again.managedContainer",
    "holds one database",
  ),
  row(
    "one address to report to for two servers",
    {
      servers: { one: {}, two: {} },
      databases: { library: {} },
      monitoring: { pingUrl: "https://ping.example/x" },
    },
    "monitoring.pingUrl",
    "is one address for one and two",
  ),
  row(
    "the address of another server to report to",
    {
      servers: { one: {}, two: { monitoring: { pingUrl: "https://PING.example/one/" } } },
      databases: { library: {} },
      monitoring: { pingUrl: "https://ping.example/{server}" },
    },
    "servers.two.monitoring.pingUrl",
    "put {server} in it",
  ),
  row(
    "the address of another server's rehearsals to report to",
    {
      servers: { one: {}, two: { monitoring: { pingUrl: "https://ping.example/one-rehearsal" } } },
      databases: { library: {} },
      monitoring: { pingUrl: "https://ping.example/{server}-{job}" },
    },
    "servers.two.monitoring.pingUrl",
    "is one address for one and two",
  ),
];
