import type { CopiesState } from "../../contract/copies.ts";
import { identified } from "../../contract/error-ids.ts";
import { messageOf, systemCode } from "../base/errors.ts";
import { ExitCode } from "../base/exit-codes.ts";
import { formatBytes } from "../base/format.ts";
import { monthlyAppender } from "../history/monthly-writer.ts";
import { type Recording, recordingOf } from "../history/recording.ts";
import { exitCodeOf } from "../program/program.ts";
import type { GoodBackup } from "../store/copies-state.ts";
import { type AtStore, dueAt } from "./at-store.ts";
import { copyBackup } from "./copy-one.ts";

/**
 * Copies what is due until nothing is: a backup may have been made meanwhile.
 * @param newest only the newest backup of each database
 * @throws the error of the store, after `fail` was told of it
 */
export async function copyDue(at: AtStore, newest = false): Promise<void> {
  const { context, fail, key, outcome, place, save, state, store } = at;
  const { log, output, settings, signal } = context;
  const failed = new Set<string>();
  const recordings = new Map<
    string,
    { recording: Recording; files: string[]; bytes: number; error: string | null }
  >();
  const recordingFor = (database: string) => {
    const known = recordings.get(database);
    if (known !== undefined) return known;
    const recording = recordingOf(monthlyAppender(settings.paths.backups), context);
    recording.begin({ program: context.program, database, action: place.name });
    const begun = { recording, files: [], bytes: 0, error: null };
    recordings.set(database, begun);
    return begun;
  };
  const next = () => {
    const due = dueAt(state, place, settings).filter(({ stem }) => !failed.has(stem));
    return newest ? due.findLast((backup) => isNewest(backup, state)) : due[0];
  };
  try {
    for (let backup = next(); backup !== undefined; backup = next()) {
      signal.throwIfAborted();
      const database = backup.manifest.database.name;
      const work = recordingFor(database);
      output.print(`copying ${backup.stem} (${formatBytes(backup.bytes)}) to ${place.name} …`);
      const warn = (text: string) =>
        log.event("warning", database, identified(`copy to ${place.name}: ${text}`, "[DBK-COPY-1]"));
      try {
        const order = { store, settings, key, level: place.verify, signal, warn };
        const bytes = await copyBackup(order, backup);
        const { snapshotAt, createdAt } = backup.manifest;
        state.copies[backup.stem] = {
          ...{ database, takenAt: snapshotAt ?? createdAt, bytes, level: place.verify },
          verifiedAt: new Date().toISOString(),
        };
        state.damaged = state.damaged.filter((stem) => stem !== backup.stem);
        save();
        outcome.copied.push({ backup: backup.stem, database, bytes });
        work.files.push(backup.manifest.archive.file);
        work.bytes += bytes;
        const how = place.verify === "full" ? "read back whole" : "not read back, by choice";
        log.event("info", database, `${backup.stem} copied to ${place.name}: ${formatBytes(bytes)}, ${how}`);
      } catch (error) {
        failed.add(backup.stem);
        work.error ??= messageOf(error);
        fail(database, error);
        // What is wrong with one file, or retention has removed it, may be right with the next; what is wrong with the
        // store is not.
        const isOfFile = exitCodeOf(error) === ExitCode.badFile || systemCode(error) === "ENOENT";
        if (signal.aborted || !isOfFile) throw error;
      }
    }
  } finally {
    for (const { bytes, error, files, recording } of recordings.values())
      recording.end({
        outcome: error === null ? "succeeded" : files.length > 0 ? "partly" : "failed",
        exitCode: error === null ? ExitCode.success : ExitCode.failed,
        error,
        file: files.join(" ") || null,
        bytes,
      });
  }
}

/** Whether no copy is of a later backup of the same database. */
const isNewest = ({ manifest, takenAt }: GoodBackup, { copies }: CopiesState): boolean =>
  Object.values(copies).every(
    (copy) => copy.database !== manifest.database.name || Date.parse(copy.takenAt) < takenAt.getTime(),
  );
