import { identified } from "../../contract/error-ids.ts";
import type { StoreSettings } from "../../contract/settings.ts";
import { messageOf } from "../base/errors.ts";
import { ExitCode, worst } from "../base/exit-codes.ts";
import { exitCodeOf } from "../program/program.ts";
import { readState, writeState } from "../store/copies-state.ts";
import type { Store } from "../store/store.ts";
import { acquireLock, isRefusal, LockedError } from "../system/lock.ts";
import { requireMounted } from "../system/mounts.ts";
import { type AtStore, type CopyContext, dueAt, type StoreOutcome } from "./at-store.ts";
import { copyDue } from "./copy-due.ts";
import { storeLockPath } from "./lock-path.ts";
import { lookAgain } from "./look-again.ts";
import { machineId, requireOwnership } from "./owner.ts";
import { writableStore } from "./rclone-store.ts";
import type { CopyRequest } from "./request.ts";
import { reread } from "./reread.ts";
import { rcloneFor, stackKey } from "./secrets.ts";

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
  let told: unknown;
  const fail = (database: string | null, error: unknown): void => {
    // A step tells of an error before it passes it on.
    if (error === told) return;
    told = error;
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
  try {
    // Without their disk there are no backups to see, and none without a copy.
    requireMounted(settings.paths.backups);
  } catch (error) {
    fail(null, error);
    lock.release();
    return outcome;
  }
  const { problem, state } = readState(settings.paths.backups, place);
  const save = () => writeState(settings.paths.backups, state);
  try {
    if (problem !== null)
      log.event("warning", null, `${problem}; it is made again from the store [DBK-COPY-5]`);
    outcome.pending = dueAt(state, place, settings).length;
    const key = stackKey(copies);
    const store = await open(place);
    const at: AtStore = { context, place, store, key, state, outcome, save, fail };
    const who = { server: settings.server, stack: settings.stack, machine: machineId() };
    const entries = await store.list(signal);
    const servers = await requireOwnership({ store, place, who, key, takesOver, signal }, entries);
    await lookAgain(at, entries, servers);
    save();
    await copyDue(at, newest);
    if (!newest) {
      await reread(at);
      // A backup may have ended meanwhile, whose own run found this one at work.
      await copyDue(at);
    }
  } catch (error) {
    fail(null, error);
  } finally {
    try {
      outcome.pending = dueAt(state, place, settings).length;
      save();
    } catch (error) {
      fail(null, error);
    }
    lock.release();
  }
  return outcome;
}
