import type { BackupOutcome } from "./backup-run.ts";
import { formatBytes } from "./format.ts";
import type { DatabaseSettings, Settings } from "./settings.ts";

const longestReason = 500;

/** What a run reports to whoever watches over it: the server, and a line per database with its file or the reason. */
export function backupReport(
  { server }: Settings,
  outcomes: readonly BackupOutcome[],
  chosen: readonly DatabaseSettings[],
): string {
  const lines = chosen.map(({ name }) => {
    const outcome = outcomes.find(({ database }) => database === name);
    return `${name}: ${outcome === undefined ? "not begun, the run was ended before" : became(outcome)}`;
  });
  return [`backup on ${server}`, ...lines, ""].join("\n");
}

function became({ backup, error }: BackupOutcome): string {
  const parts = [
    backup === null ? null : `${backup.archive.file}, ${formatBytes(backup.archive.bytes)}`,
    error === null ? null : error.replaceAll("\n", " ").slice(0, longestReason),
  ];
  return parts.filter((part) => part !== null).join("; ");
}
