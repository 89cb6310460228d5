import * as z from "zod";
import * as value from "./values.ts";

/**
 * The stack configuration of the project `database-backups`. Groups are written here without defaults:
 * the environment and each server give any part of them, `defaults.ts` has the rest.
 */

export const Paths = z.strictObject({
  backups: value.ownDirectory("The directory of the backups; never removed while one lies in it"),
  log: value.serverPath("The programs' log"),
  locks: value.ownDirectory("Lock files, one per database, on a file system that a reboot empties"),
  installation: value.ownDirectory("Programs, the pinned Node and the settings file"),
  cronTable: value.daemonFile("/etc/cron.d", "The cron table"),
  logRotation: value.daemonFile("/etc/logrotate.d", "The rotation of the log"),
  quickReference: value.serverPath("The quick reference on the server"),
  backupLauncher: value.serverPath("The command that backs up"),
  statusLauncher: value.serverPath("The command that checks"),
  restoreLauncher: value.serverPath("The command that restores"),
  rehearseLauncher: value.serverPath("The command that proves that a backup restores"),
  pruneLauncher: value.serverPath("The command that shows what retention removes, and removes it"),
  pinLauncher: value.serverPath("The command that exempts a backup from retention"),
});
export type Paths = z.infer<typeof Paths>;

export const Retention = z.strictObject({
  days: value.count("How many days a backup is kept", 1, 36_500),
  keepAtLeast: value.count("How many good backups are never removed, however old they are", 1, 10_000),
  daily: value.count("Of how many days the last backup is kept beyond that", 0, 10_000),
  weekly: value.count("Of how many weeks the last backup is kept beyond that", 0, 10_000),
  monthly: value.count("Of how many months the last backup is kept beyond that", 0, 10_000),
  yearly: value.count("Of how many years the last backup is kept beyond that", 0, 10_000),
  preRestoreDays: value.count("How many days a backup that a restore made before it is kept", 1, 36_500),
  keepPreviousDays: value.count("How many days the database that a restore replaced is kept", 1, 36_500),
  // The status check reads two months of them.
  runRecordsDays: value.count("How many days the records of runs are kept", 62, 36_500),
});

export const Timeouts = z.strictObject({
  backup: value.duration("A whole dump"),
  restore: value.duration("A whole restore"),
  lockWait: value.duration("Waiting for a table's lock when a dump begins"),
  query: value.duration("Any single question to Docker or PostgreSQL"),
});

export const Backups = z.strictObject({
  schedule: value.cronExpression("When backups are made, in the server's time zone"),
  retention: Retention,
  manifest: z.enum(["full", "rows"]).meta({
    kind: "`full` or `rows`",
    description:
      "What a backup's manifest proves of every table: rows and content, or rows only; a rehearsal needs `full`",
  }),
  compression: z.enum(["gzip", "zstd"]).meta({
    kind: "`gzip` or `zstd`",
    description:
      "What compresses the backups: pg_dump's own gzip, or the command zstd, which the container must have",
  }),
  compressionLevel: value.count(
    "Level of the compression, from 1 (fast) to 9 (small) with gzip and to 19 with zstd",
    1,
    19,
  ),
  timeouts: Timeouts,
});
export type Backups = z.infer<typeof Backups>;

export const Rehearsal = z.strictObject({
  schedule: value.rehearsalSchedule("When the newest backup is restored on trial, in the server's time zone"),
  where: value.rehearsalPlace("Where that is: a throw-away container of the same image"),
  memory: value.size("Memory that the throw-away container may use"),
  maximumAge: value.duration("How long ago the newest successful rehearsal may be before that is a warning"),
});
export type Rehearsal = z.infer<typeof Rehearsal>;

export const Monitoring = z.strictObject({
  schedule: value.cronExpression("When the status check runs, in the server's time zone"),
  minimumFreeSpace: value.size("Free space below which no backup is begun and no deployment made"),
  diskWarningPercent: value.percent("Disk use that is a warning, in percent"),
  diskCriticalPercent: value.percent("Disk use that is critical, in percent"),
  backupAgeGrace: value.duration("How long after its time a backup may be missing before that is a warning"),
  shrinkWarningPercent: value.percent("A backup this many percent smaller than those before it is a warning"),
  connectionsWarningPercent: value.percent("Use of max_connections that is a warning, in percent"),
  longQuery: value.duration("A query that has run this long is reported"),
  pingUrl: value
    .pingUrl(
      "Address that each backup run of a server reports to: its start, its success or its failure; `{server}` in it stands for KEY, and `{job}` for `backup` or `rehearsal`: with it scheduled rehearsals report too, to their own address. It may be secret: `pulumi config set --secret --path`",
    )
    .optional(),
  mailTo: value.mailAddress("Where cron sends what the programs report as errors").optional(),
});
export type Monitoring = z.infer<typeof Monitoring>;

export const Runtime = z.enum(["pinned", "system"]).meta({
  kind: "`pinned` or `system`",
  description:
    "The Node that runs the programs: the pinned one that is sent along, or the server's own (22.3 or later; 22.15 with `compression: zstd`)",
});
export type Runtime = z.infer<typeof Runtime>;

export const Verification = z.boolean().meta({
  kind: "true or false",
  description: "Whether a change ends with a first backup and a status check",
});

export const FormerStack = value.stackName(
  "The stack that had the servers until now (`STACK` or `PROJECT/STACK`), after `pulumi stack rename` or `pulumi state move`: the next `pulumi up` takes them over from it",
);

export const ManagedContainer = z.strictObject({
  image: value.imageName("The PostgreSQL image"),
  restart: z
    .enum(["no", "on-failure", "unless-stopped", "always"])
    .meta({ kind: "restart policy", description: "Docker's restart policy" }),
  network: value.containerName("Docker network to join").optional(),
  publishedPort: value
    .count("Port on the server's loopback address that leads to PostgreSQL", 1, 65_535)
    .optional(),
});
export type ManagedContainer = z.infer<typeof ManagedContainer>;

export const Database = z.strictObject({
  container: value.containerName("The Docker container that runs PostgreSQL"),
  database: value.databaseName("The database's name in PostgreSQL"),
  user: value.roleName("The role that dumps and restores: the image's POSTGRES_USER"),
  dataDirectory: value.serverPath(
    "The directory on the server that is mounted as PostgreSQL's data directory",
  ),
  port: value
    .count("The port that PostgreSQL's socket in the container is named after", 1, 65_535)
    .optional(),
  passwordFile: value
    .serverPath(
      "A file on the server with the role's password, on one line, mode 0600: for a container whose own socket wants one",
    )
    .optional(),
  managedContainer: ManagedContainer.partial().optional().meta({
    description: "Given (also as {}): the container is made and kept by this stack instead of Kamal",
  }),
});

const PartialDatabase = Database.partial();
const PartialBackups = Backups.extend({
  retention: Retention.partial(),
  timeouts: Timeouts.partial(),
}).partial();

/** What stands at the top for the whole environment and may stand in any server for that server. */
const overridable = {
  paths: Paths.partial(),
  backups: PartialBackups,
  rehearsal: Rehearsal.partial(),
  monitoring: Monitoring.partial(),
  runtime: Runtime,
  verification: Verification,
  formerStack: FormerStack,
};

export const Login = z.strictObject({
  host: value.host("Alias of ssh_config, name or address; may change without replacing anything"),
  user: value.login(
    "Login, whatever ssh_config says; with another than root, sudo must work without a password",
  ),
  port: value.count("Port of sshd", 1, 65_535),
  hostKey: value.hostKey("The host key to expect instead of the one in known_hosts: `TYPE BASE64`"),
  identityFile: value.identityFile("Private key to log in with; it is never read, copied or stored"),
  sshConfig: value.sshConfig("The ssh_config file to use instead of your own"),
  proxyJump: value.jumpHosts("Jump hosts, as in ssh -J"),
  connectTimeout: value.timeout("After which a silent server is given up"),
  formerly: value.ServerKey.meta({
    kind: "key",
    description: "The key under which this server was deployed before",
  }),
});

const optionalOverrides = z.strictObject(overridable).partial().shape;

export const Server = z.strictObject({
  ...Login.partial().shape,
  databases: z.record(value.DatabaseKey, PartialDatabase).optional(),
  ...optionalOverrides,
});
export type Server = z.infer<typeof Server>;

export const Configuration = z.strictObject({
  servers: z.record(value.ServerKey, Server),
  databases: z.record(value.DatabaseKey, PartialDatabase),
  decommissioned: z.record(value.ServerKey, z.enum(["remove", "forget"])).optional(),
  ...optionalOverrides,
});
export type Configuration = z.infer<typeof Configuration>;
