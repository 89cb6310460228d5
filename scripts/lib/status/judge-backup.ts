import { basename } from "node:path";
import type { Settings } from "../../contract/settings.ts";
import type { Finding } from "../../contract/status-report.ts";
import { formatAge, formatBytes, formatTime, plural } from "../base/format.ts";
import { goodOnes, suspicionAmong } from "../retention/rules.ts";
import type { Backup } from "../store/backups.ts";
import type { LeftAloneArchives } from "../store/left-alone.ts";
import { dueRuns, isSince } from "./due-runs.ts";
import { critical, note, ok, unknown, warning } from "./levels.ts";
import { type DatabaseObservation, isNotYetDeployed } from "./observation.ts";

/** The clocks of two machines, or a clock before and after it was set, may differ a little. */
const clockTolerance = 5 * 60_000;

/** Point 5: the newest backup is young enough, as large as its predecessors, and was read back in full. */
export function judgeBackup(database: DatabaseObservation, settings: Settings, now: Date): Finding[] {
  const command = `${settings.paths.backupLauncher} ${database.settings.name}`;
  if (!database.backups.readable) {
    return [
      unknown(
        `the backups cannot be listed: ${database.backups.reason} [DBK-STATUS-8]`,
        "look at the directory",
      ),
    ];
  }
  const backups = database.backups.value;
  const [newest, ...older] = backups;
  if (newest === undefined) return [noBackup(database, command)];
  const findings = [
    ...judgeAge(newest, settings, now, command),
    ...judgeVerification(backups, command),
    ...judgeSize(backups, now, settings.paths),
  ];
  if (findings.length > 0) return findings;
  const taken = `${formatTime(newest.takenAt)}, ${formatAge(newest.takenAt, now)}`;
  const verified = plural(backups.filter((backup) => backup.verified).length, "backup");
  const pins = backups.filter(({ pinned }) => pinned).length;
  return [
    ok(
      `${formatBytes(newest.bytes)}, verified, taken ${taken}; ${verified}${pins === 0 ? "" : `, ${pins} pinned`}`,
    ),
    ...judgeLeftAlone(older, database.leftAlone, settings.paths),
  ];
}

function noBackup(database: DatabaseObservation, command: string): Finding {
  if (isNotYetDeployed(database)) return note("not deployed yet");
  if (database.firstBackupDue) return critical("there is no backup [DBK-STATUS-9]", `take one: ${command}`);
  return warning(
    "there is no backup yet: the first is still to come [DBK-STATUS-9]",
    `take one now: ${command}`,
  );
}

function judgeAge(newest: Backup, settings: Settings, now: Date, command: string): Finding[] {
  const taken = `${formatTime(newest.takenAt)}, ${formatAge(newest.takenAt, now)}`;
  if (newest.takenAt.getTime() > now.getTime() + clockTolerance) {
    return [
      warning(
        `the newest backup is dated in the future: ${taken} [DBK-STATUS-10]`,
        "set the server's clock: timedatectl",
      ),
    ];
  }
  const { last, before } = dueRuns(settings.schedule.backup, now, settings.monitoring.backupAgeGraceHours);
  if (last === null || isSince(newest.takenAt, last)) return [];
  const text = `the newest backup is too old: taken ${taken}; one was due ${formatTime(last)} [DBK-STATUS-9]`;
  const advice = `see ${settings.paths.log}; take one now: ${command}`;
  return [
    before !== null && isSince(newest.takenAt, before) ? warning(text, advice) : critical(text, advice),
  ];
}

function judgeVerification(backups: readonly Backup[], command: string): Finding[] {
  const findings: Finding[] = [];
  const [newest] = backups;
  const damaged = backups.filter(isDamaged);
  for (const backup of damaged) {
    const reason = backup.manifestProblem ?? "its size is not the one that was verified";
    const level = backup === newest ? critical : warning;
    findings.push(
      level(
        `${backup.stem} is not what was verified: ${reason} [DBK-STATUS-11]`,
        `take a new one: ${command}`,
      ),
    );
  }
  const unverified = backups.filter((backup) => !backup.verified && !isDamaged(backup));
  if (newest !== undefined && unverified.includes(newest)) {
    const text = `the newest backup, ${newest.stem}, was never verified: it has no manifest [DBK-STATUS-11]`;
    findings.push(warning(text, `take a verified one: ${command}`));
  }
  return findings;
}

/** Older archives that no run has adopted: damaged, or copied there since the last run. */
function judgeLeftAlone(
  older: readonly Backup[],
  leftAlone: LeftAloneArchives,
  { backups, log }: Settings["paths"],
): Finding[] {
  const names = older.filter((backup) => !backup.verified).map(({ archivePath }) => basename(archivePath));
  if (names.length === 0) return [];
  const known = names.map((name) => {
    const reason = leftAlone[name]?.reason.replace(`${backups}/${name} `, "it ");
    return reason === undefined ? name : `${name} (${reason})`;
  });
  const advice = `touch FILE has it read again; see: grep 'is left alone' ${log}`;
  return [note(`never verified, not counted: ${known.join(", ")}`, advice)];
}

/** A manifest without a matching archive. An archive without any manifest is only unverified. */
const isDamaged = (backup: Backup): boolean =>
  !backup.verified && (backup.manifest !== null || backup.manifestProblem !== null);

/** A shrunk backup that is not accepted yet. Until then retention keeps older backups. */
function judgeSize(backups: readonly Backup[], now: Date, paths: Settings["paths"]): Finding[] {
  const newest = suspicionAmong(goodOnes(backups, now))?.newest;
  if (newest === undefined) return [];
  const archive = basename(newest.archivePath);
  return [
    warning(
      `the newest backup shrank: ${(newest.manifest?.shrunk ?? []).join("; ")} [DBK-RETENTION-1]`,
      `check that nothing was deleted by mistake; older ones are kept until you accept it: ${paths.pruneLauncher} --accept ${archive}`,
    ),
  ];
}
