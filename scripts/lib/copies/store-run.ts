import type { CopiesState, Marker } from "../../contract/copies.ts";
import { identified } from "../../contract/error-ids.ts";
import type { Settings, StoreSettings } from "../../contract/settings.ts";
import { messageOf, ProgramError } from "../base/errors.ts";
import { ExitCode, worst } from "../base/exit-codes.ts";
import { formatBytes } from "../base/format.ts";
import { monthlyAppender } from "../history/monthly-writer.ts";
import { type Recording, recordingOf } from "../history/recording.ts";
import { exitCodeOf, type ProgramContext } from "../program/program.ts";
import { decideCopies, dueCopies } from "../retention/copies.ts";
import { listBackups } from "../store/backups.ts";
import { type GoodBackup, readState, writeState } from "../store/copies-state.ts";
import type { DirectoryEntry } from "../store/entries.ts";
import type { Store } from "../store/store.ts";
import { acquireLock, isRefusal, LockedError } from "../system/lock.ts";
import { copyBackup, differs } from "./copy-one.ts";
import { dueRereads, pendingOf } from "./due.ts";
import { storeLockPath } from "./lock-path.ts";
import { machineId, requireOwnership } from "./owner.ts";
import { writableStore } from "./rclone-store.ts";
import { reconciled, unknownMarkers } from "./reconcile.ts";
import type { CopyRequest } from "./request.ts";
import { rcloneFor, stackKey } from "./secrets.ts";
import { readMarker } from "./stored.ts";

/** What a run did at one store. */
export interface StoreOutcome {
  store: string;
  exitCode: ExitCode;
  /** The copies that were made and read back. */
  copied: { backup: string; database: string; bytes: number }[];
  /** The copies that were read again, whole. */
  reread: string[];
  /** How many good backups have no copy there. */
  pending: number;
  error: string | null;
}

export type CopyContext = Omit<ProgramContext, "arguments"> & { copies: NonNullable<Settings["copies"]> };

interface AtStore {
  context: CopyContext;
  place: StoreSettings;
  store: Store;
  key: Buffer;
  state: CopiesState;
  outcome: StoreOutcome;
}

/**
 * Brings the copies at one store up to date: what is missing is copied, oldest first, until nothing is. One run at a
 * time per store; a database's lock is never taken. What fails is reported and left to the next run.
 */
export async function copyToStore(
  context: CopyContext,
  place: StoreSettings,
  { newest, takesOver }: Pick<CopyRequest, "newest" | "takesOver">,
  open: (place: StoreSettings) => Promise<Store> = async (one) =>
    writableStore(await rcloneFor(context.copies, one, context.signal), context.signal),
): Promise<StoreOutcome> {
  const { copies, log, program, runId, settings, signal } = context;
  const outcome: StoreOutcome = {
    ...{ store: place.name, exitCode: ExitCode.success, copied: [], reread: [], pending: 0, error: null },
  };
  const fail = (database: string | null, error: unknown): void => {
    const text = messageOf(error);
    outcome.exitCode = worst([outcome.exitCode, exitCodeOf(error)]);
    outcome.error ??= text;
    log.event("error", database, identified(`copy to ${place.name} failed: ${text}`, "[DBK-COPY-15]"));
  };
  const lock = acquireLock(storeLockPath(settings, place.name), program, runId);
  if (isRefusal(lock)) {
    const { message } = new LockedError(`store ${place.name}`, lock);
    log.event("info", null, message);
    return { ...outcome, exitCode: ExitCode.locked, error: message };
  }
  const { problem, state } = readState(settings.paths.backups, place);
  const save = () => writeState(settings.paths.backups, state);
  try {
    if (problem !== null)
      log.event("warning", null, `${problem}; it is made again from the store [DBK-COPY-5]`);
    state.pending = pendingOf(state, dueAt(state, place, settings), new Date());
    outcome.pending = state.pending.length;
    const key = stackKey(copies);
    const store = await open(place);
    const at: AtStore = { context, place, store, key, state, outcome };
    const who = { server: settings.server, stack: settings.stack, machine: machineId() };
    const entries = await store.list(signal);
    const servers = await requireOwnership({ store, place, who, key, takesOver, signal }, entries);
    await lookAgain(at, entries, servers);
    save();
    await copyDue(at, newest, save, fail);
    if (!newest) {
      await reread(at, save, fail);
      // A backup may have ended meanwhile, whose own run found this one at work.
      await copyDue(at, false, save, fail);
    }
  } catch (error) {
    fail(null, error);
  } finally {
    state.pending = pendingOf(state, dueAt(state, place, settings), new Date());
    outcome.pending = state.pending.length;
    try {
      save();
    } catch (error) {
      fail(null, error);
    }
    lock.release();
  }
  return outcome;
}

/** What the store lacks of all databases, oldest first. */
const dueAt = (state: CopiesState, place: StoreSettings, { databases, paths }: Settings): GoodBackup[] =>
  databases
    .flatMap(({ name }) => dueCopies(state, name, listBackups(paths.backups, name), place, new Date()))
    .sort((one, other) => one.takenAt.getTime() - other.takenAt.getTime());

/** What the store has decides over what this server remembers. */
async function lookAgain(
  { context, key, place, state, store }: AtStore,
  entries: readonly DirectoryEntry[],
  servers: ReadonlySet<string>,
): Promise<void> {
  const { log, settings, signal } = context;
  const markers: Marker[] = [];
  for (const stem of unknownMarkers(state, entries)) {
    const read = await readMarker(store, stem, key, signal);
    const reason = read.kind === "foreign" ? read.reason : notOurs(read.marker, settings, servers);
    if (read.kind === "genuine" && reason === null) markers.push(read.marker);
    else log.event("warning", null, `store ${place.name}: ${reason}; its files do not count [DBK-COPY-6]`);
  }
  const { copies, lost } = reconciled(state, entries, markers);
  const wanted = wantedAt(state, place);
  for (const { reason, stem } of lost.filter((one) => wanted.has(one.stem)))
    log.event(
      "error",
      state.copies[stem]?.database ?? null,
      `the copy of ${stem} at store ${place.name} no longer counts: ${reason} [DBK-COPY-7]`,
    );
  state.copies = copies;
  state.listedAt = new Date().toISOString();
}

/** The stems of the copies that the store's retention keeps. */
function wantedAt({ copies }: CopiesState, place: StoreSettings): Set<string> {
  const all = Object.entries(copies);
  const databases = [...new Set(all.map(([, { database }]) => database))];
  const facts = ([stem, { bytes, takenAt }]: (typeof all)[number]) => ({
    ...{ stem, bytes, takenAt: new Date(takenAt), class: "regular" as const },
    ...{ shrunk: false, isWhole: true },
  });
  const decisions = databases.flatMap((database) =>
    decideCopies(all.filter(([, copy]) => copy.database === database).map(facts), place, new Date()),
  );
  return new Set(decisions.flatMap(({ backup, keep }) => (keep ? [backup.stem] : [])));
}

const notOurs = ({ server, stack }: Marker, own: Settings, servers: ReadonlySet<string>): string | null =>
  stack === own.stack && servers.has(server) ? null : `it holds a copy of ${server} of ${stack}`;

/** Copies what is due until nothing is: a backup may have been made meanwhile. */
async function copyDue(
  at: AtStore,
  newest: boolean,
  save: () => void,
  fail: (database: string, error: unknown) => void,
): Promise<void> {
  const { context, key, outcome, place, state, store } = at;
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
        const how =
          place.verify === "full" ? "read back whole" : "compared by its size and the store's digest";
        log.event("info", database, `${backup.stem} copied to ${place.name}: ${formatBytes(bytes)}, ${how}`);
      } catch (error) {
        failed.add(backup.stem);
        work.error ??= messageOf(error);
        fail(database, error);
        // What is wrong with one file may be right with the next; what is wrong with the store is not.
        if (signal.aborted || !(error instanceof ProgramError) || exitCodeOf(error) !== ExitCode.badFile)
          throw error;
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

/** Reads the newest copy of each database again, if that was not done for a week. One that is wrong counts no more. */
async function reread(
  at: AtStore,
  save: () => void,
  fail: (database: string, error: unknown) => void,
): Promise<void> {
  const { context, key, outcome, place, state, store } = at;
  const { log, output, settings, signal } = context;
  if (place.verify !== "full") return;
  const names = settings.databases.map(({ name }) => name);
  for (const stem of dueRereads(state, names, new Date())) {
    const database = state.copies[stem]?.database ?? null;
    output.print(`reading ${stem} at ${place.name} again …`);
    const wrong = await whatIsWrong(store, stem, key, signal);
    const copy = state.copies[stem];
    if (wrong === null && copy !== undefined) {
      copy.verifiedAt = new Date().toISOString();
      copy.level = "full";
      outcome.reread.push(stem);
      log.event("info", database, `the copy of ${stem} at ${place.name} was read again: it is whole`);
    } else {
      delete state.copies[stem];
      state.damaged.push(stem);
      const text = `the copy of ${stem} at store ${place.name} is damaged: ${wrong}; it is copied again [DBK-COPY-7]`;
      fail(database ?? "", new ProgramError(text, ExitCode.failed));
      await copyDue(at, false, save, fail);
    }
    save();
  }
}

async function whatIsWrong(
  store: Store,
  stem: string,
  key: Buffer,
  signal: AbortSignal,
): Promise<string | null> {
  const read = await readMarker(store, stem, key, signal);
  if (read.kind === "foreign") return read.reason;
  for (const file of read.marker.files) {
    const wrong = await differs(store, file.name, file, signal);
    if (wrong !== null) return `${file.name}: ${wrong}`;
  }
  return null;
}
