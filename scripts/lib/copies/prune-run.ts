import { identified } from "../../contract/error-ids.ts";
import type { StoreSettings } from "../../contract/settings.ts";
import { messageOf, ProgramError } from "../base/errors.ts";
import { ExitCode } from "../base/exit-codes.ts";
import { formatBytes } from "../base/format.ts";
import { exitCodeOf } from "../program/program.ts";
import { readState, writeState } from "../store/copies-state.ts";
import type { Store } from "../store/store.ts";
import { acquireLock, isRefusal, LockedError } from "../system/lock.ts";
import type { CopyContext } from "./at-store.ts";
import { storeLockPath } from "./lock-path.ts";
import { type CopyDecision, type PruneOrder, planStorePruning, removeCopies } from "./prune.ts";
import { rcloneStore } from "./rclone-store.ts";
import { rcloneFor, stackKey } from "./secrets.ts";

export interface PruneOutcome {
  store: string;
  exitCode: ExitCode;
  /** About every copy there. */
  decisions: CopyDecision[];
  /** The stems that are gone. */
  removed: string[];
  error: string | null;
}

/** Removes from a store what its retention no longer keeps, as far as the key that is configured may. Never throws. */
export async function pruneStore(
  context: CopyContext,
  place: StoreSettings,
  dryRun: boolean,
  open: (place: StoreSettings) => Promise<Store> = async (one) =>
    rcloneStore(await rcloneFor(context.copies, one, context.signal)),
): Promise<PruneOutcome> {
  const { copies, log, program, runId, settings, signal } = context;
  const outcome: PruneOutcome = {
    ...{ store: place.name, exitCode: ExitCode.success, decisions: [], removed: [], error: null },
  };
  try {
    if (place.deletes === "never" && !dryRun)
      throw new ProgramError(
        `this server may remove nothing at store ${place.name} (deletes: never); on the machine of the deployment run: npm run copies -- prune [DBK-COPY-16]`,
        ExitCode.notPermitted,
      );
    const lock = dryRun ? null : acquireLock(storeLockPath(settings, place.name), program, runId);
    if (lock !== null && isRefusal(lock)) throw new LockedError(`store ${place.name}`, lock);
    try {
      const order: PruneOrder = {
        ...{ store: await open(place), place, key: stackKey(copies), who: settings, signal },
      };
      outcome.decisions = await planStorePruning(order, new Date());
      if (!dryRun) await carryOut(context, order, outcome);
    } finally {
      lock?.release();
    }
  } catch (error) {
    outcome.exitCode = exitCodeOf(error);
    outcome.error = messageOf(error);
    log.event("error", null, identified(`pruning ${place.name} failed: ${outcome.error}`, "[DBK-COPY-16]"));
  }
  return outcome;
}

async function carryOut(
  { log, settings }: CopyContext,
  order: PruneOrder,
  outcome: PruneOutcome,
): Promise<void> {
  const { state } = readState(settings.paths.backups, order.place);
  await removeCopies(order, outcome.decisions, ({ bytes, database, stem }) => {
    outcome.removed.push(stem);
    delete state.copies[stem];
    writeState(settings.paths.backups, state);
    log.event("info", database, `removed the copy of ${stem} at ${order.place.name}, ${formatBytes(bytes)}`);
  });
}
