import type { DatabaseSettings, Settings } from "../../contract/settings.ts";
import { ExitCode, worst } from "../base/exit-codes.ts";
import { formatBytes } from "../base/format.ts";
import type { Report } from "./channel.ts";

/** How the run of one database ended, as an alert reports it. */
export interface BackupEnding {
  database: string;
  exitCode: ExitCode;
  /** The new backup; null if there is none. */
  backup: { archive: { file: string; bytes: number } } | null;
  error: string | null;
}

/** The report of a run of all databases; null for none. */
export type RunVerdict = "success" | "fail" | null;

/**
 * A locked database is no failure while its newest backup is young enough. A run that did nothing for that reason
 * reports nothing: the other run reports.
 */
export function backupVerdict(
  endings: readonly Pick<BackupEnding, "database" | "exitCode">[],
  hasYoungBackup: (database: string) => boolean,
): RunVerdict {
  const counted = endings.filter(
    ({ database, exitCode }) => exitCode !== ExitCode.locked || !hasYoungBackup(database),
  );
  if (counted.length === 0 && endings.length > 0) return null;
  return worst(counted.map(({ exitCode }) => exitCode)) === ExitCode.success ? "success" : "fail";
}

const longestReason = 500;

/** The text of a report: the server, and a line per database with its file or the reason. */
export function backupReport(
  { server }: Settings,
  endings: readonly BackupEnding[],
  chosen: readonly DatabaseSettings[],
): Report {
  const lines = chosen.map(({ name }) => {
    const ending = endings.find(({ database }) => database === name);
    return `${name}: ${ending === undefined ? "not begun, the run was ended before" : became(ending)}`;
  });
  return { title: `backup on ${server}`, lines };
}

function became({ backup, error }: BackupEnding): string {
  const parts = [
    backup === null ? null : `${backup.archive.file}, ${formatBytes(backup.archive.bytes)}`,
    error === null ? null : error.replaceAll("\n", " ").slice(0, longestReason),
  ];
  return parts.filter((part) => part !== null).join("; ");
}
