import type { CommandResult } from "../../infra/local-machine/command.ts";
import type { Settings } from "../../scripts/contract/settings.ts";
import type { SandboxOptions } from "../sandbox/server.ts";
import { type BackupServer, directory, name, startBackupServer } from "./backup-server.ts";
import { commandOf, putPrograms, resealed } from "./programs.ts";

/** A sandbox server with the programs for retention, and a real backup to copy. */
export interface PruneServer extends BackupServer {
  /** `before` comes before the command. */
  prune(words?: string, before?: string): Promise<CommandResult>;
  pin(words?: string): Promise<CommandResult>;
  check(words?: string): Promise<CommandResult>;
  /** The output of `restore_database --list`. */
  list(): Promise<string>;
  /** Every file with its decision, from `--dry-run --json`. */
  decisions(words?: string): Promise<{ file: string; decision: string; reason: string }[]>;
  /**
   * Empties the backups directory and copies the real backup into it, as taken at these UTC times.
   * @returns their stems
   */
  layDown(...backups: readonly (string | BackupCopy)[]): Promise<string[]>;
  retain(retention: Partial<Settings["retention"]>): Promise<void>;
}

export interface BackupCopy {
  /** `2025-10-26T00:30:00Z` */
  takenAt: string;
  class?: "regular" | "pre-restore";
}

export { directory, name } from "./backup-server.ts";

const original = "/root/original";

export async function startPruneServer(options: SandboxOptions = {}): Promise<PruneServer> {
  const server = await startBackupServer(options);
  const { sandbox, settings } = server;
  await putPrograms(sandbox, ["prune_backups", "pin_backup", "check_database_status", "restore_database"]);
  const first = await server.backUp();
  if (first.code !== 0) throw new Error(first.stderr);
  await sandbox.run(`mv ${directory} ${original} && mkdir -m 0700 ${directory}`);
  const prune = (words = "", before = "") =>
    sandbox.run(`${before} env -i ${commandOf(sandbox, "prune_backups")} ${words}`);
  return {
    ...server,
    prune,
    pin: (words = "") => sandbox.run(`${commandOf(sandbox, "pin_backup")} ${words}`),
    check: (words = "") => sandbox.run(`${commandOf(sandbox, "check_database_status")} ${words}`),
    list: async () => (await sandbox.run(`${commandOf(sandbox, "restore_database")} --list`)).stdout,
    decisions: async (words = "") => {
      const { stdout, stderr } = await prune(`--dry-run --json ${words}`);
      if (stdout === "") throw new Error(stderr);
      return JSON.parse(stdout).files;
    },
    layDown: async (...backups) => {
      const copies = backups.map((backup) => (typeof backup === "string" ? { takenAt: backup } : backup));
      const stems = copies.map(({ takenAt }) => stemOf(takenAt));
      const commands = copies.map(({ takenAt, class: kind = "regular" }, index) =>
        [
          `ln ${original}/*.sql.gz ${stems[index]}.sql.gz`,
          `ln ${original}/*.roles.sql ${stems[index]}.roles.sql`,
          `sed 's/${name}_[0-9]*_[0-9]*\\./${stems[index]}./; s/"createdAt": ".*"/"createdAt": "${takenAt}"/; s/"class": "regular"/"class": "${kind}"/' ${original}/${name}_*[0-9].json >${stems[index]}.json`,
          resealed(`${stems[index]}.json`),
        ].join(" && "),
      );
      const script = ["set -e; umask 077", `cd ${directory}`, "find . -mindepth 1 -delete", ...commands].join(
        "\n",
      );
      const { code, stderr } = await sandbox.run("sh", { input: script });
      if (code !== 0) throw new Error(stderr);
      return stems;
    },
    retain: (retention) =>
      server.configure({ ...settings, retention: { ...settings.retention, ...retention } }),
  };
}

const stemOf = (takenAt: string): string =>
  `${name}_${takenAt.slice(0, 19).replace(/[-:]/g, "").replace("T", "_")}`;
