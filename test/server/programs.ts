import { defaults } from "../../infra/config/defaults.ts";
import { buildPrograms } from "../../scripts/build.ts";
import { runRecordsMonth } from "../../scripts/contract/backup-names.ts";
import type { ProgramName } from "../../scripts/contract/programs.ts";
import type { Settings } from "../../scripts/contract/settings.ts";
import type { SandboxServer } from "../sandbox/sandbox-server.ts";

/** Common set-up of the server tests: the programs on a sandbox server, installed without a deployment. */

export const name = "curriculum_library_api";
export const backups = "/root/database_backups";
export const settingsFile = "/opt/database-backups/config.json";

/** The names in a listing, without the run records, which grow with each run. */
export const namesIn = (listing: string): string[] =>
  listing.split("\n").filter((name) => name !== "" && runRecordsMonth(name) === null);

const bundlePath = (program: ProgramName): string => `/opt/test/${program}.cjs`;

/** The shell command that starts a program installed by `putPrograms`. */
export const commandOf = (sandbox: SandboxServer, program: ProgramName): string =>
  `${sandbox.node} ${bundlePath(program)}`;

export async function putPrograms(sandbox: SandboxServer, programs: readonly ProgramName[]): Promise<void> {
  const bundles = await buildPrograms(undefined, programs);
  await Promise.all(
    programs.map((program, index) => sandbox.writeFile(bundlePath(program), bundles[index]?.text ?? "")),
  );
}

/**
 * A shell command that makes an edited manifest valid again: its last property is the sha256 of its text.
 * @param path shell words
 */
export const resealed = (path: string): string => {
  const put = (value: string) => `sed -i 's/"manifestSha256": "[0-9a-f]*"/"manifestSha256": "'"${value}"'"/'`;
  return `{ ${put("")} ${path}; ${put(`$(sha256sum <${path} | cut -d " " -f 1)`)} ${path}; }`;
};

/** Copies an archive and the files beside it to another server. @returns the path there */
export async function copyBackup(from: SandboxServer, to: SandboxServer, archive: string): Promise<string> {
  const directory = `/root/of-${from.alias}`;
  const stem = archive.replace(/\.sql\.gz$/, "");
  const packed = await from.run(`cd ${backups} && tar -cf - "$(basename ${stem})".* | base64`);
  await to.run(`mkdir -p ${directory} && base64 -d | tar -C ${directory} -xf -`, { input: packed.stdout });
  return archive.replace(backups, directory);
}

/** The settings that a deployment would write for the sandbox's only database. */
export function settingsFor(sandbox: SandboxServer): Settings {
  const { container, database, databaseUser, dataDirectory } = sandbox;
  return {
    version: 1,
    stack: "database-backups/test",
    server: sandbox.alias,
    programsVersion: "0.1.0",
    databases: [{ name, container, database, user: databaseUser, dataDirectory }],
    paths: {
      backups,
      log: "/root/backup_database.log",
      locks: "/run/database-backups",
      cronTable: "/etc/cron.d/database-backups",
      quickReference: "/root/backup_quick_reference.txt",
      backupLauncher: "/root/backup_database.sh",
      statusLauncher: "/root/check_database_status.sh",
      restoreLauncher: "/root/restore_database.sh",
      rehearseLauncher: "/root/rehearse_restore.sh",
      pruneLauncher: "/root/prune_backups.sh",
      pinLauncher: "/root/pin_backup.sh",
    },
    schedule: { backup: "0 2 * * *", status: "0 * * * *", rehearsal: null, cronTableSha256: "0".repeat(64) },
    retention: defaults.backups.retention,
    manifest: "full",
    rehearsal: { where: "container", memoryBytes: 2 ** 29, maximumAgeHours: 192 },
    compressionLevel: 1,
    timeouts: { backup: 600, restore: 600, lockWait: 30, query: 30 },
    monitoring: {
      // A full disk of the test machine must not make the tests fail.
      minimumFreeBytes: 0,
      diskWarningPercent: 99,
      diskCriticalPercent: 100,
      backupAgeGraceHours: 2,
      shrinkWarningPercent: 50,
      connectionsWarningPercent: 80,
      longQuerySeconds: 300,
      pingUrlFile: null,
    },
  };
}
