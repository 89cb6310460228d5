import { readFileSync } from "node:fs";
import { join } from "node:path";
import { archiveNames, parseStem, rehearsalRecordName } from "../../contract/backup-names.ts";
import type { RehearsalRecord } from "../../contract/rehearsal-record.ts";
import { parseRecord } from "../../contract/rehearsal-record.ts";
import { messageOf, ProgramError, systemCode } from "../base/errors.ts";
import { ExitCode } from "../base/exit-codes.ts";
import { replaceDurably } from "../system/durable-file.ts";
import { listFiles } from "./backups.ts";

/** A rehearsal that only counted rows, or compared nothing, proves too little. */
export const isSuccess = ({ compared, result }: RehearsalRecord): boolean =>
  result === "equal" && compared === "full";

/**
 * Writes the record (0600) of the backup `stem` in place of an older one, completely or not at all.
 * @param temporary a path in the same directory.
 */
export function writeRehearsal(
  directory: string,
  stem: string,
  temporary: string,
  record: RehearsalRecord,
): void {
  const path = join(directory, rehearsalRecordName(stem));
  replaceDurably(path, temporary, `${JSON.stringify(record, null, 2)}\n`);
}

/** The error if a rehearsal's result could not be written into the directory, from the thrown error. */
export function unwrittenRecord(directory: string, error: unknown): ProgramError {
  return new ProgramError(
    `its result could not be written in ${directory}: ${messageOf(error)} [DBK-REHEARSAL-5]`,
    systemCode(error) === "ENOSPC" ? ExitCode.noSpace : ExitCode.failed,
    error,
  );
}

/** The records of a database's backups, newest rehearsal first. A file that is no record is left out. */
export function readRehearsals(directory: string, database: string): RehearsalRecord[] {
  return listFiles(directory)
    .flatMap((fileName) => {
      const stem = /^(.+)\.rehearsal\.json$/.exec(fileName)?.[1];
      if (stem === undefined || parseStem(stem)?.database !== database) return [];
      const record = recordOf(join(directory, fileName));
      return record !== null && archiveNames(stem).includes(record.archive) ? [record] : [];
    })
    .sort((a, b) => (a.startedAt < b.startedAt ? 1 : -1));
}

/** The record of the backup `stem`; null if there is none, or if it cannot be read. */
export const readRecord = (directory: string, stem: string): RehearsalRecord | null =>
  recordOf(join(directory, rehearsalRecordName(stem)));

function recordOf(path: string): RehearsalRecord | null {
  try {
    return parseRecord(readFileSync(path, "utf8"));
  } catch {
    return null;
  }
}
