import { database, databases, row, server, top } from "./row.ts";

/** Values of the wrong kind. */
export const types = [
  row("a port in quotes", server({ port: "22" }), "servers.one.port", 'must be a number, is the text "22"'),
  row("a port out of range", server({ port: 70_000 }), "servers.one.port", "at most 65535, is 70000"),
  row(
    "a database's port in quotes",
    database({ port: "5433" }),
    "databases.library.port",
    'must be a number, is the text "5433"',
  ),
  row("a database's port out of range", database({ port: 0 }), "databases.library.port", "at least 1, is 0"),
  row(
    "a password in the place of its file",
    database({ passwordFile: "hunter2" }),
    "databases.library.passwordFile",
    "must be an absolute path",
  ),
  row("a fraction", top({ backups: { retention: { days: 1.5 } } }), "backups.retention.days", "whole number"),
  row("no days", top({ backups: { retention: { days: 0 } } }), "backups.retention.days", "at least 1, is 0"),
  row("verification as text", top({ verification: "yes" }), "verification", "must be true or false"),
  row(
    "an unknown runtime",
    top({ runtime: "docker" }),
    "runtime",
    'must be "pinned" or "system", is the text "docker"',
  ),
  row(
    "an unknown compression",
    top({ backups: { compression: "bzip2" } }),
    "backups.compression",
    'must be "gzip" or "zstd", is the text "bzip2"',
  ),
  row("no level", top({ backups: { compressionLevel: 0 } }), "backups.compressionLevel", "at least 1, is 0"),
  row(
    "a level that nothing has",
    top({ backups: { compression: "zstd", compressionLevel: 20 } }),
    "backups.compressionLevel",
    "at most 19, is 20",
  ),
  row(
    "an unknown end",
    top({ decommissioned: { two: "delete" } }),
    "decommissioned.two",
    'must be "remove" or "forget"',
  ),
  row(
    "a list of servers",
    { servers: ["one"], databases },
    "servers",
    "must be a mapping of keys to values, is a list",
  ),
  row(
    "a duration as a number",
    top({ backups: { timeouts: { query: 30 } } }),
    "backups.timeouts.query",
    "must be text, is 30",
  ),
  row(
    "a duration without its unit",
    top({ backups: { timeouts: { query: "30" } } }),
    "backups.timeouts.query",
    "90s, 5m, 2h or 1d",
  ),
  row("no duration", top({ monitoring: { longQuery: "0s" } }), "monitoring.longQuery", "90s, 5m, 2h or 1d"),
  row(
    "a size in GB",
    top({ monitoring: { minimumFreeSpace: "1GB" } }),
    "monitoring.minimumFreeSpace",
    "500MiB or 2GiB",
  ),
  row(
    "rehearsals in a database, as older versions had them",
    top({ rehearsal: { where: "database" } }),
    "rehearsal.where",
    "Remove the line. The container needs the live container's image on the server, rehearsal.memory",
  ),
  row(
    "rehearsals anywhere else",
    top({ rehearsal: { where: "here" } }),
    "rehearsal.where",
    "must be container, the only place, or left out",
  ),
  row("a bad cron expression", top({ backups: { schedule: "61 * * * *" } }), "backups.schedule", "61"),
  row(
    "a date that never comes",
    top({ monitoring: { schedule: "0 0 30 2 *" } }),
    "monitoring.schedule",
    "no date ever matches",
  ),
  row(
    "a second line in a schedule",
    top({ backups: { schedule: "0 2 * * *\n* * * * * root id" } }),
    "backups.schedule",
    "line breaks",
  ),
];
