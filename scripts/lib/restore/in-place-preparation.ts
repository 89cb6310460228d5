import { join } from "node:path";
import type { Manifest } from "../../contract/manifest.ts";
import { takeBackup } from "../backup/take.ts";
import { InterruptedError, messageOf, ProgramError } from "../base/errors.ts";
import { formatBytes } from "../base/format.ts";
import type { Lock } from "../system/lock.ts";
import type { LiveServer } from "./live-server.ts";
import { byHand, type Proofs, type Reservation, requireNoOtherServer, requireProven } from "./proof.ts";
import type { RestoreRun } from "./run.ts";
import { ShutOut } from "./shut-out.ts";
import type { RestoreSource } from "./source.ts";
import { requireSpaceInPlace, restoredBytes } from "./space-check.ts";

/** The condition for dropping the live database: a proven backup of it, and no write since that backup. */
export interface Prepared {
  backup: Manifest;
  archive: string;
  shutOut: ShutOut;
}

/**
 * Checks whether the file and a backup of the live database can be restored on trial.
 * @returns the space it needs, in words.
 * @throws ProgramError
 */
export async function requireTrials(
  run: RestoreRun,
  proofs: Proofs,
  source: RestoreSource,
  { liveBytes }: LiveServer,
): Promise<string> {
  try {
    return await proofs.requirePossible(run, Math.max(restoredBytes(source), liveBytes ?? 0));
  } catch (error) {
    if (error instanceof InterruptedError || !(error instanceof ProgramError)) throw error;
    const what = `no backup can be restored on trial here, so ${run.database.database} is not dropped`;
    throw new ProgramError(`${what}: ${messageOf(error)}; ${byHand} [DBK-INPLACE-2]`, error.exitCode, error);
  }
}

/**
 * Shuts clients out, backs up the live database, and proves that backup. Clients stay shut out until `shutOut` ends. If
 * anything fails, clients are let in again, and nothing has changed.
 * @throws ProgramError with the exit code that fits
 */
export async function prepareDrop(
  run: RestoreRun,
  server: LiveServer & { liveOid: number },
  lock: Lock,
  { proofs, source }: { proofs: Proofs; source: RestoreSource },
  reserved: Reservation,
): Promise<Prepared> {
  const { database, log, output, settings } = run;
  const live = database.database;
  log.event("info", database.name, `clients are shut out of ${live} until it is restored`);
  const shutOut = await ShutOut.begin(run, server.maintenance, server.liveOid);
  try {
    const guarded = { ...run, signal: shutOut.signal, acceptsDifferences: false };
    const progress = (bytes: number) => process.stdout.write(`\r\u001b[K${formatBytes(bytes)} written \r`);
    const backup = await takeBackup(guarded, {
      ...{ class: "pre-restore", lock },
      ...(output.interactive ? { progress } : {}),
    });
    const archive = join(settings.paths.backups, backup.archive.file);
    const { content } = backup;
    if (content === null) throw new Error("no content");
    await shutOut.keepRest(content);
    requireNoOtherServer(run, archive, content);
    await requireProven(guarded, proofs, reserved, {
      ...{ path: archive, sha256: backup.archive.sha256, manifest: backup },
    });
    // The disk may have filled up meanwhile.
    await requireSpaceInPlace(run, source, server);
    await shutOut.requireHeld();
    run.signal.throwIfAborted();
    return { backup, archive, shutOut };
  } catch (error) {
    await shutOut.end();
    log.event("info", database.name, `clients can connect to ${live} again; it is unchanged`);
    throw error;
  }
}
