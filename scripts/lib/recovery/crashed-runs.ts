import { setTimeout as sleep } from "node:timers/promises";
import type { Manifest } from "../../contract/manifest.ts";
import { verifyArchive } from "../archive/verify.ts";
import { messageOf, ProgramError } from "../base/errors.ts";
import { endBackends } from "../postgres/end-backends.ts";
import type { Run } from "../postgres/run.ts";
import { listFiles } from "../store/backups.ts";
import { parsePartialName, removePartials } from "../store/partial-files.ts";
import { publisher } from "../store/publisher.ts";
import { acquireLock, isRefusal, type Lock, LockedError } from "../system/lock.ts";
import { lockPath } from "./lock-path.ts";
import { removeRemains } from "./rehearsal-remains.ts";

/** How long a dump whose program crashed may take to end after its server process was terminated. */
const orphanPatienceMilliseconds = 30_000;
/** A status check holds the lock for a moment to test it, and does not write its identity. */
const namelessPatienceMilliseconds = 2_000;

/**
 * Takes a database's lock and cleans up after runs that crashed while they held it: terminates their sessions in the
 * server, finishes a backup that lacked only its last renames, and removes their unfinished files. It also cleans up
 * after crashed rehearsals, which have a lock of their own.
 * @throws LockedError when a living run holds it.
 */
export async function lockDatabase(run: Run): Promise<Lock> {
  const lock = await acquire(run);
  try {
    await recover(run, lock);
    return lock;
  } catch (error) {
    lock.release();
    throw error;
  }
}

async function acquire(run: Run): Promise<Lock> {
  const { database, program, runId, settings, signal } = run;
  const path = lockPath(settings, database.name);
  const begun = Date.now();
  for (let ended = false; ; ) {
    const outcome = acquireLock(path, program, runId);
    if (!isRefusal(outcome)) return outcome;
    const { heldBy, alive } = outcome;
    const patience = heldBy === null ? namelessPatienceMilliseconds : alive ? 0 : orphanPatienceMilliseconds;
    if (Date.now() - begun >= patience) throw new LockedError(database.name, outcome);
    if (heldBy !== null && !ended) {
      await endSessions(run, [heldBy.runId]);
      ended = true;
    }
    await sleep(200);
    signal.throwIfAborted();
  }
}

async function recover(run: Run, lock: Lock): Promise<void> {
  const { database, log, settings } = run;
  await removeRemains(run);
  const directory = settings.paths.backups;
  const partials = listFiles(directory).flatMap((fileName) => parsePartialName(fileName) ?? []);
  const ours = partials
    .filter((partial) => partial.database === database.name)
    .map((partial) => partial.runId);
  const crashed = [...new Set([...lock.abandoned, ...ours])].filter((runId) => runId !== run.runId);
  if (crashed.length === 0) return;
  await endSessions(run, crashed);
  const whole = (path: string, manifest: Manifest) => isWhole(path, manifest, run.signal);
  for (const runId of crashed) {
    const file = await publisher.finish({ directory, database: database.name, runId }, whole);
    removePartials(directory, database.name, runId);
    const left = ours.includes(runId) ? "removed its unfinished files" : "it left no files";
    const what = file === null ? left : `its backup ${file} was whole and is kept`;
    log.event("warning", database.name, `run ${runId} had crashed: ${what} [DBK-RECOVERY-2]`);
  }
  lock.recovered();
}

/** A server that does not answer has nothing of theirs running; the run itself will say that it does not. */
async function endSessions({ database, log, server, signal }: Run, runIds: readonly string[]): Promise<void> {
  try {
    const ended = await endBackends(server.until(signal), runIds);
    if (ended > 0)
      log.event(
        "warning",
        database.name,
        `ended ${ended} sessions of the crashed run ${runIds.join(", ")} [DBK-RECOVERY-2]`,
      );
  } catch (error) {
    if (signal.aborted || !(error instanceof ProgramError)) throw error;
    log.event(
      "warning",
      database.name,
      `could not check for sessions left by crashed runs: ${messageOf(error)} [DBK-RECOVERY-3]`,
    );
  }
}

async function isWhole(path: string, manifest: Manifest, signal: AbortSignal): Promise<boolean> {
  try {
    return (await verifyArchive(path, { signal })).sha256 === manifest.archive.sha256;
  } catch (error) {
    if (signal.aborted) throw error;
    return false;
  }
}
