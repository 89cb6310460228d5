import { basename } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { ArchiveError } from "../archive/verify.ts";
import { deadline } from "../base/deadline.ts";
import { messageOf, ProgramError, systemCode } from "../base/errors.ts";
import { ExitCode } from "../base/exit-codes.ts";
import type { Run } from "../postgres/run.ts";
import { type Backup, listBackups } from "../store/backups.ts";
import {
  identityOf,
  identityWithManifest,
  isKnown,
  type LeftAlone,
  type LeftAloneArchives,
  readLeftAlone,
  writeLeftAlone,
} from "../store/left-alone.ts";
import { writeManifest } from "../store/manifest.ts";
import { adoptedManifest } from "./adopted-manifest.ts";

/**
 * Writes a manifest for every archive without one (backups of the hand-made scripts), after reading the archive in
 * full. An archive that cannot be adopted is reported and left alone. While it is the same file, it is neither read nor
 * reported again. All adoptions together take `timeouts.backup` at most. Call it while the database's lock is held.
 * @returns the file names of the archives that were adopted.
 * @throws InterruptedError on abort of `signal`; other errors are logged
 */
export async function adoptArchives(run: AdoptionRun): Promise<string[]> {
  const { database, log, settings, signal } = run;
  const seconds = settings.timeouts.backup;
  const limit = deadline(
    signal,
    seconds,
    `it was not read to its end in ${seconds} s (backups.timeouts.backup)`,
  );
  const adoption = new Adoption({ ...run, signal: limit.signal });
  try {
    for (const backup of listBackups(settings.paths.backups, database.name)) {
      if (backup.manifest === null) await adoption.look(backup, signal);
      signal.throwIfAborted();
    }
    adoption.forgetOthers();
  } catch (error) {
    signal.throwIfAborted();
    log.event(
      "warning",
      database.name,
      `could not look at earlier archives: ${messageOf(error)} [DBK-STORE-1]`,
    );
  } finally {
    limit.done();
    adoption.finish();
  }
  return adoption.adopted;
}

type AdoptionRun = Pick<Run, "database" | "log" | "runId" | "settings" | "signal">;

class Adoption {
  readonly adopted: string[] = [];
  readonly #run: AdoptionRun;
  readonly #known: LeftAloneArchives;
  #leftAlone: Record<string, LeftAlone>;
  readonly #looked = new Set<string>();
  /** The archives described by manifests that were written here. */
  readonly #described = new Map<string, string>();
  #read = 0;

  constructor(run: AdoptionRun) {
    const { database, settings } = run;
    this.#run = run;
    this.#known = readLeftAlone(settings.paths.backups, database.name);
    this.#leftAlone = { ...this.#known };
  }

  /** @param interrupted whether the whole run was interrupted: then nothing is known of the archive. */
  async look(backup: Backup, interrupted: AbortSignal): Promise<void> {
    const file = basename(backup.archivePath);
    const other = this.#described.get(backup.stem);
    const problem = other === undefined ? backup.manifestProblem : `it describes ${other}`;
    const known = this.#known[file];
    this.#looked.add(file);
    if (problem !== null) {
      this.#leaveForManifest(backup, file, problem);
      return;
    }
    if (known !== undefined && isKnown(known, backup.archivePath, new Date())) return;
    // The next run reads the archives for which there was no time.
    if (this.#run.signal.aborted) return;
    this.#read += 1;
    const identity = identityOf(backup.archivePath);
    delete this.#leftAlone[file];
    try {
      await this.#adopt(backup, file);
    } catch (error) {
      if (!interrupted.aborted) this.#leave(file, identity, error);
    }
  }

  async #adopt(backup: Backup, file: string): Promise<void> {
    const { database, log, runId, settings, signal } = this.#run;
    const manifest = await adoptedManifest(settings, database, backup, runId, signal);
    try {
      writeManifest(backup.manifestPath, manifest);
    } catch (error) {
      // This says nothing about the archive.
      this.#warn(`could not adopt ${file}: ${messageOf(error)}; the next run tries again [DBK-STORE-1]`);
      return;
    }
    this.adopted.push(file);
    this.#described.set(backup.stem, file);
    log.event("info", database.name, `adopted ${file}, an earlier backup, after reading it in full`);
  }

  #leave(file: string, identity: string, error: unknown): void {
    const isLate = this.#run.signal.aborted;
    const reason = messageOf(isLate ? this.#run.signal.reason : error);
    // An archive that had only a part of the time gets all of it in a run in which it comes first.
    if (isLate && this.#read > 1) return;
    this.#warn(`${file} is left alone and not counted: ${reason} [DBK-MANIFEST-2]`);
    // This version of Node cannot read it; another may.
    if (error instanceof ProgramError && error.exitCode === ExitCode.configuration) return;
    const passing = systemCode(error) !== null && !(error instanceof ArchiveError);
    this.#leftAlone[file] = { identity, reason, readAt: new Date().toISOString(), passing };
  }

  /** Also reported once: until archive or manifest change. */
  #leaveForManifest(backup: Backup, file: string, problem: string): void {
    const identity = identityWithManifest(backup);
    if (this.#known[file]?.identity === identity) return;
    const reason = `its manifest is not right: ${problem}`;
    this.#warn(`${file} is left alone: ${reason} [DBK-MANIFEST-2]`);
    this.#leftAlone[file] = { identity, reason, readAt: new Date().toISOString(), passing: false };
  }

  /** After all were inspected: forgets archives that are gone or have a manifest now. */
  forgetOthers(): void {
    const looked = Object.entries(this.#leftAlone).filter(([file]) => this.#looked.has(file));
    this.#leftAlone = Object.fromEntries(looked);
  }

  /** Saves the present knowledge. */
  finish(): void {
    if (isDeepStrictEqual(this.#known, this.#leftAlone)) return;
    const { database, settings } = this.#run;
    try {
      writeLeftAlone(settings.paths.backups, database.name, this.#leftAlone);
    } catch (error) {
      this.#warn(`could not write down which archives are left alone: ${messageOf(error)} [DBK-STORE-1]`);
    }
  }

  #warn(text: string): void {
    this.#run.log.event("warning", this.#run.database.name, text);
  }
}
