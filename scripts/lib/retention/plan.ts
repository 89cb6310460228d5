import { basename } from "node:path";
import {
  isLeftAloneName,
  mailRecordName,
  parseBackupName,
  runRecordsMonth,
} from "../../contract/backup-names.ts";
import { isCopiesStateName } from "../../contract/copies.ts";
import type { Manifest } from "../../contract/manifest.ts";
import { plural } from "../base/format.ts";
import { type Part, partsByStem } from "../store/backup-parts.ts";
import type { Backup } from "../store/backups.ts";
import type { DirectoryEntry } from "../store/entries.ts";
import { unfinishedOf } from "../store/partial-files.ts";
import { pinnedName } from "../store/pins.ts";
import {
  ageLimit,
  type Decision,
  decide,
  goodOnes,
  type Needed,
  type RetentionRule,
  suspicionAmong,
} from "./rules.ts";

/** The content of the backups directory that concerns one database. */
export interface PruningSurvey {
  database: string;
  entries: readonly DirectoryEntry[];
  backups: readonly Backup[];
  /** Our manifests by stem, also if the archive is gone. */
  manifests: ReadonlyMap<string, Manifest>;
  /** Reasons by the pin's file name; null if it has none. */
  pinReasons: ReadonlyMap<string, string | null>;
  needed: Needed;
}

export interface PlannedFile {
  file: string;
  /** Null for files of no configured database. */
  database: string | null;
  decision: "keep" | "remove";
  reason: string;
}

/** A backup to be removed, or its remains. */
export interface Removal {
  stem: string;
  /** Its name, also where the archive is gone already. */
  archive: string;
  takenAt: Date;
  hadArchive: boolean;
  /** The stores that have no copy of it; null if there are none. */
  uncopiedAt: string | null;
  /** In the order of removal: the manifest last, so that an interrupted removal leaves files known to be ours. */
  files: string[];
}

export interface PruningPlan {
  files: PlannedFile[];
  /** Oldest first. */
  removals: Removal[];
  /** The suspiciously small backup for which older ones are kept; null if there is none. */
  heldBy: Backup | null;
}

/** Decides about every file with one database's name. Pure. */
export function planPruning(survey: PruningSurvey, rule: RetentionRule, now: Date): PruningPlan {
  const { backups, database, needed } = survey;
  const decisions = new Map(decide(backups, rule, now, needed).map((one) => [archiveOf(one.backup), one]));
  const limit = ageLimit(backups, rule, now);
  const plans = [...partsByStem(survey.entries, database)].map(([stem, parts]) => {
    const own = parts.flatMap(({ name }) => decisions.get(name) ?? []);
    // Someone may have recompressed an archive beside the one that the manifest describes.
    const decision = own.find(({ backup }) => backup.manifest !== null) ?? own[0];
    return decision === undefined
      ? planRest(survey, stem, parts, rule, limit)
      : planBackup(survey, decision, own, parts);
  });
  const files = plans.flatMap((plan) => plan.files);
  return {
    files: [...files, ...passing(survey)].map((file) => ({ ...file, database })),
    removals: plans
      .flatMap(({ removal }) => removal ?? [])
      .sort((a, b) => a.takenAt.getTime() - b.takenAt.getTime() || (a.stem < b.stem ? -1 : 1)),
    heldBy: suspicionAmong(goodOnes(backups, now))?.newest ?? null,
  };
}

/** The files of no configured database. */
export function foreignFiles(
  entries: readonly DirectoryEntry[],
  planned: readonly PlannedFile[],
): PlannedFile[] {
  const known = new Set(planned.map(({ file }) => file));
  return entries
    .filter(({ name }) => !known.has(name))
    .map(({ name }) => ({ file: name, database: null, decision: "keep", reason: foreignReason(name) }));
}

function foreignReason(name: string): string {
  if (name === mailRecordName) return "the record of the status check's mails";
  if (runRecordsMonth(name) !== null) return "the run records of a month";
  if (isCopiesStateName(name)) return "the record of copies at a store";
  if (isLeftAloneName(name)) return "the reasons for not adopting archives";
  const database = parseBackupName(name)?.database;
  return database === undefined ? "foreign file" : `foreign file: the settings have no database ${database}`;
}

const archiveOf = ({ archivePath }: Backup): string => basename(archivePath);

type FilePlan = Omit<PlannedFile, "database">;
interface StemPlan {
  files: FilePlan[];
  removal: Removal | null;
}

/** @param own the decisions about the archives among the parts. */
function planBackup(
  survey: PruningSurvey,
  { backup, keep, uncopiedAt }: Decision<Backup>,
  own: readonly Decision<Backup>[],
  parts: readonly Part[],
): StemPlan {
  const { manifest, stem } = backup;
  const archive = archiveOf(backup);
  const hasOther = parts.some(({ kind, name }) => kind === "archive" && name !== archive);
  // Without the manifest the next run would take the other archive for an unknown one, and adopt it.
  const goes = (part: Part): boolean =>
    manifest !== null &&
    (part.name === archive || (isOurs(part, manifest) && !(hasOther && part.kind === "manifest")));
  const going = keep ? [] : parts.filter(goes);
  const reasonOf = (part: Part): string => {
    const decision = own.find((one) => archiveOf(one.backup) === part.name);
    if (decision !== undefined) return archiveReason(survey, decision, parts);
    if (part.kind === "pin") return pinReason(survey, part, archive);
    if (!part.isFile) return "foreign file: not a regular file";
    if (manifest === null && part.kind === "manifest")
      return `not the manifest of ${archive}: ${backup.manifestProblem}`;
    if (part.kind === "roles" && !manifest?.roles) return "foreign file: no manifest names it";
    return `${going.includes(part) ? "removed with" : "belongs to"} ${archive}`;
  };
  return {
    files: parts.map((part) => filePlan(part, going, reasonOf(part))),
    removal:
      going.length === 0 ? null : removalOf({ stem, archive, takenAt: backup.takenAt, uncopiedAt }, going),
  };
}

/** Parts without an archive: after an interrupted removal, or because someone removed the archive. */
function planRest(
  survey: PruningSurvey,
  stem: string,
  parts: readonly Part[],
  rule: RetentionRule,
  limit: Date | null,
): StemPlan {
  const manifest = survey.manifests.get(stem);
  const obstacle = parts.find(({ kind }) => kind === "archive");
  const archive = obstacle?.name ?? manifest?.archive.file ?? stem;
  const takenAt = new Date(manifest?.createdAt ?? 0);
  const isOld = manifest !== undefined && limit !== null && takenAt < limit;
  const pinned = parts.some(({ kind }) => kind === "pin");
  const going = isOld && !obstacle && !pinned ? parts.filter((part) => isOurs(part, manifest)) : [];
  const reasonOf = (part: Part): string => {
    if (part.kind === "archive" || !part.isFile) return "foreign file: not a regular file";
    if (obstacle) return `belongs to ${archive}, which is not a regular file`;
    if (part.kind === "pin") return `a pin without its backup ${pinnedName(part.name)}`;
    if (part.kind === "manifest" && manifest === undefined) return `not the manifest of ${archive}`;
    if (part.kind === "roles" && !manifest?.roles) return "foreign file: no manifest names it";
    if (going.includes(part)) return "its archive is gone";
    return `its archive is gone${manifest === undefined || pinned ? "" : `: kept for ${plural(rule.days, "day")}`}`;
  };
  return {
    files: parts.map((part) => filePlan(part, going, reasonOf(part))),
    removal: going.length === 0 ? null : removalOf({ stem, archive, takenAt, uncopiedAt: null }, going),
  };
}

const filePlan = (part: Part, going: readonly Part[], reason: string): FilePlan => ({
  file: part.name,
  decision: going.includes(part) ? "remove" : "keep",
  reason,
});

const removalOf = (
  backup: Pick<Removal, "stem" | "archive" | "takenAt" | "uncopiedAt">,
  going: readonly Part[],
): Removal => ({
  ...backup,
  hadArchive: going.some(({ kind }) => kind === "archive"),
  files: going.map(({ name }) => name),
});

/** Whether the files beside an archive were written by the run in its manifest, or by a rehearsal. */
const isOurs = (part: Part, manifest: Manifest): boolean =>
  part.isFile &&
  part.kind !== "pin" &&
  part.kind !== "archive" &&
  (part.kind !== "roles" || manifest.roles !== null);

function archiveReason(
  survey: PruningSurvey,
  { backup, reason }: Decision<Backup>,
  parts: readonly Part[],
): string {
  if (backup.manifestProblem !== null) return `its manifest is not right: ${backup.manifestProblem}`;
  if (backup.manifest === null) {
    return "no manifest: the next backup run adopts it if it is whole";
  }
  if (!backup.pinned) return reason;
  const texts = parts.flatMap(({ name, kind }) =>
    kind === "pin" ? (survey.pinReasons.get(name) ?? []) : [],
  );
  return [reason, ...texts].join(": ");
}

function pinReason({ pinReasons }: PruningSurvey, { name }: Part, archive: string): string {
  const reason = pinReasons.get(name) ?? null;
  return `pins ${archive}${reason === null ? "" : `: ${reason}`}`;
}

/** Temporary files of runs and restores beside the backups. */
function passing({ database, entries }: PruningSurvey): FilePlan[] {
  return entries.flatMap(({ name }): FilePlan[] => {
    const runId = unfinishedOf(name, database);
    if (runId !== null) {
      const reason = `unfinished, of run ${runId}: that run removes it, or the next one if it died`;
      return [{ file: name, decision: "keep", reason }];
    }
    if (name.startsWith(`.${database}.in-place.`)) {
      return [{ file: name, decision: "keep", reason: "the state of an in-place restore" }];
    }
    return [];
  });
}
