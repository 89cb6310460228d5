import * as z from "zod";
import { compressionNames } from "../../scripts/contract/compressions.ts";
import { StorePart } from "./store-schema.ts";
import { copyKey } from "./store-values.ts";
import * as value from "./values.ts";

/**
 * The stack configuration of the project `database-backups`. Groups are written here without defaults:
 * the environment and each server give any part of them, `defaults.ts` has the rest.
 */

export const Paths = z.strictObject({
  backups: value.ownDirectory("The backups; never removed while one lies in it"),
  log: value.serverPath("The programs' log"),
  locks: value.ownDirectory("Lock files, one per database; on a file system that a reboot empties"),
  installation: value.ownDirectory("Programs, pinned Node, settings file"),
  cronTable: value.daemonFile("/etc/cron.d", "The cron table"),
  logRotation: value.daemonFile("/etc/logrotate.d", "The log's rotation"),
  quickReference: value.serverPath("The quick reference"),
  backupLauncher: value.serverPath("Backs up"),
  statusLauncher: value.serverPath("Checks the status"),
  restoreLauncher: value.serverPath("Restores"),
  rehearseLauncher: value.serverPath("Proves that a backup restores"),
  pruneLauncher: value.serverPath("Shows what retention removes, and removes it"),
  pinLauncher: value.serverPath("Exempts a backup from retention"),
  copyLauncher: value.serverPath("Copies backups to stores; only where there are `copies`"),
});
export type Paths = z.infer<typeof Paths>;

export const Retention = z.strictObject({
  days: value.count("Days that a backup is kept", 1, 36_500),
  keepAtLeast: value.count("Good backups that stay, however old", 1, 10_000),
  daily: value.count("Days whose last backup is kept longer", 0, 10_000),
  weekly: value.count("Weeks whose last backup is kept longer", 0, 10_000),
  monthly: value.count("Months whose last backup is kept longer", 0, 10_000),
  yearly: value.count("Years whose last backup is kept longer", 0, 10_000),
  preRestoreDays: value.count("Days that a pre-restore backup is kept", 1, 36_500),
  keepPreviousDays: value.count("Days that a replaced database is kept", 1, 36_500),
  // The status check reads two months of them.
  runRecordsDays: value.count("Days that records of runs are kept", 62, 36_500),
});

export const Timeouts = z.strictObject({
  backup: value.duration("A whole dump"),
  restore: value.duration("A whole restore"),
  lockWait: value.duration("Waiting for a table's lock as a dump begins"),
  query: value.duration("Any question to Docker or PostgreSQL"),
});

export const Backups = z.strictObject({
  schedule: value.cronExpression("When backups are made"),
  retention: Retention,
  manifest: z.enum(["full", "rows"]).meta({
    kind: "`full` or `rows`",
    description:
      "What the manifest proves of every table: rows and content, or rows only. A rehearsal needs `full`",
  }),
  compression: z.enum(compressionNames).meta({
    kind: "`gzip` or `zstd`",
    description: "pg_dump's own gzip, or the command zstd of the container",
  }),
  compressionLevel: value.count("1 (fast) to 9 (small), with zstd to 19", 1, 19),
  timeouts: Timeouts,
});
export type Backups = z.infer<typeof Backups>;

export const Rehearsal = z.strictObject({
  schedule: value.rehearsalSchedule("When the newest backup is restored on trial, or `never`"),
  where: value.rehearsalPlace("In a throw-away container of the same image"),
  memory: value.size("Memory of that container"),
  maximumAge: value.duration("An older newest successful rehearsal is a warning"),
});
export type Rehearsal = z.infer<typeof Rehearsal>;

export const Monitoring = z.strictObject({
  schedule: value.cronExpression("When the status is checked"),
  minimumFreeSpace: value.size("With less free space no backup is begun and no deployment made"),
  diskWarningPercent: value.percent("Disk use that is a warning"),
  diskCriticalPercent: value.percent("Disk use that is critical"),
  backupAgeGrace: value.duration("A backup later than this is a warning"),
  shrinkWarningPercent: value.percent("A backup so much smaller than those before it is a warning"),
  connectionsWarningPercent: value.percent("Use of max_connections that is a warning"),
  longQuery: value.duration("A query that runs so long is reported"),
  pingUrl: value
    .pingUrl(
      "Address of a dead-man's switch; `{server}` stands for KEY, `{job}` for `backup` or `rehearsal`. May be secret",
    )
    .optional(),
  mailTo: value.mailAddress("Where cron sends what the programs report as errors").optional(),
});
export type Monitoring = z.infer<typeof Monitoring>;

export const Runtime = z.enum(["pinned", "system"]).meta({
  kind: "`pinned` or `system`",
  description:
    "The programs' Node: pinned and sent along, or the server's own (22.3 or later; 22.15 with `compression: zstd`)",
});
export type Runtime = z.infer<typeof Runtime>;

export const Verification = z.boolean().meta({
  kind: "true or false",
  description: "Whether a change ends with a first backup and a status check",
});

export const CopyKey = copyKey("64 hexadecimal digits, by which this stack knows its own copies");

export const FormerStack = value.stackName(
  "`STACK` or `PROJECT/STACK` from which `pulumi up` takes the servers over, after `pulumi stack rename` or `pulumi state move`",
);

export const ManagedContainer = z.strictObject({
  image: value.imageName("The PostgreSQL image"),
  restart: z
    .enum(["no", "on-failure", "unless-stopped", "always"])
    .meta({ kind: "restart policy", description: "Docker's restart policy" }),
  network: value.containerName("Docker network to join").optional(),
  publishedPort: value.count("PostgreSQL's port on the server's loopback address", 1, 65_535).optional(),
});
export type ManagedContainer = z.infer<typeof ManagedContainer>;

export const Database = z.strictObject({
  container: value.containerName("PostgreSQL's Docker container"),
  database: value.databaseName("The database's name in PostgreSQL"),
  user: value.roleName("The role that dumps and restores: the image's POSTGRES_USER"),
  dataDirectory: value.serverPath("The server's directory that is mounted as PostgreSQL's data directory"),
  port: value.count("The port in the name of PostgreSQL's socket", 1, 65_535).optional(),
  passwordFile: value
    .serverPath(
      "File on the server with the role's password on one line, mode 0600, if the container's socket wants one",
    )
    .optional(),
  managedContainer: ManagedContainer.partial().optional().meta({
    description: "Given, also as {}: this stack makes the container, not Kamal",
  }),
});

const PartialDatabase = Database.partial();
const PartialBackups = Backups.extend({
  retention: Retention.partial(),
  timeouts: Timeouts.partial(),
}).partial();

/** Settings for the whole environment, which each server may override. */
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
  host: value.host("Alias of ssh_config, name or address; a change replaces nothing"),
  user: value.login("Login, whatever ssh_config says; another than root needs sudo without a password"),
  port: value.count("Port of sshd", 1, 65_535),
  hostKey: value.hostKey("`TYPE BASE64`, instead of the one in known_hosts"),
  identityFile: value.identityFile("Private key; never read, copied or stored"),
  sshConfig: value.sshConfig("Used instead of your own ssh_config"),
  proxyJump: value.jumpHosts("As in ssh -J"),
  connectTimeout: value.timeout("A silent server is given up after this"),
  formerly: value.ServerKey.meta({
    kind: "key",
    description: "Key under which this server was deployed before",
  }),
});

const optionalOverrides = z.strictObject(overridable).partial().shape;

export const ServerStores = z.record(value.StoreKey, z.union([z.literal(false), StorePart])).meta({
  kind: "mapping",
  description: "What differs of each store, or a store of its own; `false` for one that this server has not",
});

export const Server = z.strictObject({
  ...Login.partial().shape,
  databases: z.record(value.DatabaseKey, PartialDatabase).optional(),
  copies: ServerStores.optional(),
  ...optionalOverrides,
});
export type Server = z.infer<typeof Server>;

export const Configuration = z.strictObject({
  servers: z.record(value.ServerKey, Server),
  databases: z.record(value.DatabaseKey, PartialDatabase),
  decommissioned: z.record(value.ServerKey, z.enum(["remove", "forget"])).optional(),
  copies: z.record(value.StoreKey, StorePart).optional(),
  copyKey: CopyKey.optional(),
  ...optionalOverrides,
});
export type Configuration = z.infer<typeof Configuration>;
