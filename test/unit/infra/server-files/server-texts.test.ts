import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { cronTableText, escapedCommand } from "../../../../infra/remotehost/cron-table-text.ts";
import { serverCommands } from "../../../../infra/server-files/commands.ts";
import { logRotationText } from "../../../../infra/server-files/log-rotation.ts";
import { quickReferenceText } from "../../../../infra/server-files/quick-reference.ts";
import { scheduleOf } from "../../../../infra/server-files/schedule.ts";
import {
  requirementsBefore,
  serverRequirements,
} from "../../../../infra/server-files/server-requirements.ts";
import { serverSettingsText } from "../../../../infra/server-files/server-settings.ts";
import { Settings } from "../../../../scripts/contract/settings.ts";
import { copyKey, stores } from "../config/stores.ts";
import { seed, serverPlanOf } from "../plans.ts";

const deployment = { stack: "database-backups/prod", programsVersion: "0.1.0+abc" };
const settingsOf = (plan = serverPlanOf()) =>
  Settings.parse(JSON.parse(serverSettingsText(plan, deployment)));

test("the quick reference states only of a container of our own where its data is", () => {
  const reference = (databases: object) => quickReferenceText(serverPlanOf({ ...seed, databases }), "prod");
  expect(reference({ own: { managedContainer: {} } })).toContain("    data     /root/own-db/data\n");
  const kamal = reference({ shop: {} });
  expect(kamal).toContain("    data     /root/shop-db/data by the configuration; a volume or another");
  expect(kamal).toContain("docker inspect -f '{{range .Mounts}}");
});

describe("the settings file", () => {
  test("is one that the programs accept, with the seed's values", () => {
    expect(settingsOf()).toMatchObject({
      server: "cloud.cerveras.com",
      databases: [
        {
          name: "curriculum_library_api",
          container: "curriculum_library_api-db",
          database: "curriculum_library_api_production",
          user: "curriculum_library_api",
          dataDirectory: "/root/curriculum_library_api-db/data",
        },
      ],
      paths: { backups: "/root/database_backups", log: "/root/backup_database.log" },
      retention: { days: 7, keepAtLeast: 3 },
      compressionLevel: 1,
    });
  });

  test("has the port and the password file of a database, if they are set", () => {
    const given = { port: 5433, passwordFile: "/root/library.password" };
    const plan = serverPlanOf({ ...seed, databases: { curriculum_library_api: given } });
    expect(settingsOf(plan).databases).toMatchObject([given]);
    const reference = quickReferenceText(plan, "prod");
    expect(reference).toContain('export PGPASSWORD="$(cat /root/library.password)"');
    expect(reference).toMatch(/docker exec -i -e PGPASSWORD \S+ psql -p 5433 /);
    const [usual] = settingsOf().databases;
    expect(usual).not.toHaveProperty("port");
    expect(usual).not.toHaveProperty("passwordFile");
  });

  test("has durations in seconds and sizes in bytes", () => {
    const plan = serverPlanOf({
      ...seed,
      backups: { timeouts: { backup: "1.5h", query: "90s" } },
      monitoring: { minimumFreeSpace: "2 GiB", backupAgeGrace: "30m" },
    });
    expect(settingsOf(plan)).toMatchObject({
      timeouts: { backup: 5400, query: 90 },
      monitoring: { minimumFreeBytes: 2 * 2 ** 30, backupAgeGraceHours: 0.5 },
    });
  });

  test("has a gzip level for older programs, with any compression", () => {
    const backups = { compression: "zstd", compressionLevel: 15 };
    expect(settingsOf(serverPlanOf({ ...seed, backups }))).toMatchObject({
      compressionLevel: 1,
      zstdLevel: 15,
    });
    expect(settingsOf(serverPlanOf({ ...seed, backups: { compressionLevel: 6 } }))).toMatchObject({
      compressionLevel: 6,
    });
    expect(settingsOf()).not.toHaveProperty("zstdLevel");
  });

  test("has the cron table's digest", () => {
    const { environment, entries } = scheduleOf(serverPlanOf());
    const digest = createHash("sha256").update(cronTableText(environment, entries)).digest("hex");
    expect(settingsOf().schedule.cronTableSha256).toBe(digest);
  });
});

const eachLine =
  'while IFS= read -r line || [ -n "$line" ]; do ' +
  `{ printf '%s\\n' "$line" >> "$log"; } 2> /dev/null || printf '%s\\n' "$line"; done`;
/** The output of a program goes to the log by `command`, if the log can be written. */
const logged = (command: string, log = "/root/backup_database.log"): string =>
  `2>&1 > /dev/null | { log=${log}; { [ -f "$log" ] || [ ! -e "$log" ]; } && ` +
  `{ true >> "$log"; } 2> /dev/null && ${command} || cat; }`;

test("cron runs the seed's line, and the status check and the rehearsal beside it", () => {
  const { environment, entries, takesOver } = scheduleOf(serverPlanOf());
  expect(cronTableText(environment, entries).split("\n").slice(1)).toEqual([
    "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "SHELL=/bin/sh",
    `0 2 * * * root /root/backup_database.sh --quiet ${escapedCommand(logged(eachLine))}`,
    `15,45 * * * * root /root/check_database_status.sh --quiet ${escapedCommand(logged(eachLine))}`,
    `30 4 * * 0 root /root/rehearse_restore.sh --quiet ${escapedCommand(logged(eachLine))}`,
    "",
  ]);
  expect(takesOver).toEqual([
    "/root/backup_database.sh",
    "/root/check_database_status.sh",
    "/root/rehearse_restore.sh",
  ]);
});

test("with stores there are a line for each, what the settings say of them, room for rclone, and words of it", () => {
  const copies = { far: stores.s3, box: { ...stores.sftp, schedule: "@daily" } };
  const plan = serverPlanOf({ ...seed, copies, copyKey, runtime: "system" });
  const { entries, takesOver } = scheduleOf(plan);
  expect(entries.slice(3)).toEqual([
    {
      schedule: "20 * * * *",
      user: "root",
      command: `/root/copy_backups.sh --quiet --store far ${logged(eachLine)}`,
    },
    {
      schedule: "@daily",
      user: "root",
      command: `/root/copy_backups.sh --quiet --store box ${logged(eachLine)}`,
    },
  ]);
  expect(takesOver.filter((command) => command.includes("copy"))).toEqual(["/root/copy_backups.sh"]);
  expect(settingsOf(plan)).toMatchObject({
    paths: { copyLauncher: "/root/copy_backups.sh" },
    copies: {
      rclone: "/opt/database-backups/programs/rclone-1.75.1",
      keyFile: "/opt/database-backups/copy-key",
      stores: [{ name: "far" }, { name: "box" }],
    },
  });
  expect(serverSettingsText(plan, deployment)).not.toMatch(/hunter2|PRIVATE KEY|0123456789abcdef/);
  expect(serverRequirements(plan).executes).toContain("/opt/database-backups");
  expect(serverRequirements(plan).directories[1]?.minimumFree).toBe(190 * 2 ** 20);
  const reference = quickReferenceText(plan, "prod");
  expect(reference).toContain("  20 * * * *   copies to far\n  @daily   copies to box\n");
  expect(reference).toContain(
    "  far   copies off this server: bucket acme-backups of objects.example.com, below cloud.cerveras.com\n",
  );
  expect(reference).not.toMatch(/hunter2|PRIVATE KEY/);
  expect(serverCommands(plan).copy).toBe("ssh root@cloud.cerveras.com /root/copy_backups.sh");
});

test("without stores there is no word of them", () => {
  const plan = serverPlanOf();
  const texts = [quickReferenceText(plan, "prod"), serverSettingsText(plan, deployment), scheduleOf(plan)];
  const requirements = serverRequirements(plan);
  expect(JSON.stringify([...texts, requirements, serverCommands(plan)])).not.toMatch(/cop(y|ies)/i);
});

test("without a rehearsal's schedule there is neither its line nor a word of it, and the command stays", () => {
  const plan = serverPlanOf({ ...seed, rehearsal: { schedule: "never" } });
  const { entries, takesOver } = scheduleOf(plan);
  expect(entries).toHaveLength(2);
  expect(takesOver).not.toContain("/root/rehearse_restore.sh");
  expect(settingsOf(plan).schedule.rehearsal).toBeNull();
  const text = quickReferenceText(plan, "database-backups/prod");
  expect(text).toContain("/root/rehearse_restore.sh [NAME] [FILE]");
  expect(text).not.toContain("   rehearsal\n");
});

test("with a mail address cron gets the errors, and the log a copy", () => {
  const plan = serverPlanOf({ ...seed, monitoring: { mailTo: "ops@example.org" } });
  const { environment, entries } = scheduleOf(plan);
  expect(environment.MAILTO).toBe("ops@example.org");
  expect(entries[0]?.command).toBe(`/root/backup_database.sh --quiet ${logged('tee -a "$log"')}`);
  expect(entries[1]?.command).toBe(
    `/root/check_database_status.sh --quiet --mail ${logged('tee -a "$log"')}`,
  );
  expect([serverRequirements(plan).mails, serverRequirements(serverPlanOf()).mails]).toEqual([true, false]);
});

test("the settings name the file of the address to report to, never the address", () => {
  const plan = serverPlanOf({ ...seed, monitoring: { pingUrl: "https://ping.example/hunter2" } });
  expect(serverSettingsText(plan, deployment)).not.toContain("hunter2");
  expect(settingsOf(plan).monitoring.pingUrlFile).toBe("/opt/database-backups/ping-url");
  expect(settingsOf(plan).monitoring.rehearsalPingUrlFile).toBeUndefined();
  expect(settingsOf().monitoring.pingUrlFile).toBeNull();
  const each = serverPlanOf({ ...seed, monitoring: { pingUrl: "https://ping.example/hunter2/{job}" } });
  expect(settingsOf(each).monitoring).toMatchObject({
    pingUrlFile: "/opt/database-backups/ping-url",
    rehearsalPingUrlFile: "/opt/database-backups/rehearsal-ping-url",
  });
});

test("a path with a space is one word for cron's shell and one name for logrotate", () => {
  const plan = serverPlanOf({ ...seed, paths: { log: "/var/log/data base.log" } });
  expect(scheduleOf(plan).entries[0]?.command).toBe(
    `/root/backup_database.sh --quiet ${logged(eachLine, "'/var/log/data base.log'")}`,
  );
  expect(logRotationText(plan)).toContain('\n"/var/log/data base.log" {\n');
});

test("a rotated log is readable by root alone", () => {
  expect(logRotationText(serverPlanOf())).toContain("create 0600 root root");
});

test("the quick reference has every command, path and database, and a way back with stock tools", () => {
  const text = quickReferenceText(serverPlanOf(), "database-backups/prod");
  for (const part of [
    "/root/check_database_status.sh",
    "/root/backup_database.sh [NAME...]",
    "/root/restore_database.sh --list",
    "/root/restore_database.sh /root/database_backups/FILE.sql.gz",
    "/root/rehearse_restore.sh [NAME] [FILE]",
    "0 2 * * *   backup",
    "30 4 * * 0   rehearsal",
    "curriculum_library_api_production",
    "docker exec curriculum_library_api-db createdb -U curriculum_library_api -T template0 curriculum_library_api_restored",
    "gunzip -c /root/database_backups/curriculum_library_api_YYYYMMDD_HHMMSS.sql.gz |",
  ])
    expect(text).toContain(part);
});

test("with zstd the quick reference and the commands name its files, and the copies are of all", () => {
  const plan = serverPlanOf({ ...seed, backups: { compression: "zstd" } });
  const text = quickReferenceText(plan, "database-backups/prod");
  for (const part of [
    "/root/restore_database.sh /root/database_backups/FILE.sql.zst",
    "docker exec -i curriculum_library_api-db zstd -dc </root/database_backups/curriculum_library_api_YYYYMMDD_HHMMSS.sql.zst |",
    "(gunzip -c reads .sql.gz, zstd -dc reads .sql.zst)",
    "backups NAME_YYYYMMDD_HHMMSS.sql.zst (UTC)",
  ])
    expect(text).toContain(part);
  expect(serverCommands(plan)).toMatchObject({
    restore: expect.stringContaining("/root/database_backups/FILE.sql.zst"),
    pin: expect.stringContaining("/root/database_backups/FILE.sql.zst"),
    download: "scp 'root@cloud.cerveras.com:/root/database_backups/*.sql.*' ./",
  });
  expect(serverRequirements(plan).zstd).toBe(true);
  expect(serverRequirements(serverPlanOf())).not.toHaveProperty("zstd");
});

test.each([
  ["::1", "root@[::1]:/root/database_backups/*.sql.gz"],
  ["fe80::1%eth0", "root@[fe80::1%eth0]:/root/database_backups/*.sql.gz"],
  ["db.example", "root@db.example:/root/database_backups/*.sql.gz"],
])("the copy command for the host %s", (host, source) => {
  const { download, status } = serverCommands(serverPlanOf({ ...seed, servers: { one: { host } } }));
  expect(download.replaceAll("'", "")).toBe(`scp ${source} ./`);
  expect(status).toContain(`root@${host}`);
});

test("the quick reference says what retention keeps", () => {
  const text = (retention: object) =>
    quickReferenceText(serverPlanOf({ ...seed, backups: { retention } }), "database-backups/prod");
  expect(text({})).toContain("kept 7 days, and never fewer than the newest 3 good ones;");
  expect(text({})).not.toContain("longer");
  expect(text({ weekly: 8, yearly: 2 })).toContain(
    "the last ones of the newest 8 weeks, 2 years (UTC) longer;",
  );
  expect(text({ preRestoreDays: 30 })).toContain("made before it 30 days.");
});

test("a server must have room for its backups and its Node", () => {
  const pinned = serverRequirements(serverPlanOf()).directories;
  const system = serverRequirements(serverPlanOf({ ...seed, runtime: "system" })).directories;
  expect(pinned.map(({ path }) => path)).toEqual(["/root/database_backups", "/opt/database-backups"]);
  expect(pinned[1]?.minimumFree).toBeGreaterThan(system[1]?.minimumFree ?? 0);
});

test("before a run a container that it makes and starts itself may be missing", () => {
  const plan = serverPlanOf({
    servers: { s: {} },
    databases: { library: { managedContainer: {} }, shop: {} },
  });
  expect(serverRequirements(plan).managed).toEqual(["library"]);
  expect(requirementsBefore(plan)).toEqual({ ...serverRequirements(plan), before: true });
  expect(requirementsBefore(serverPlanOf())).toEqual(serverRequirements(serverPlanOf()));
});
