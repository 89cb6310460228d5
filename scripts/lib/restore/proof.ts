import { type Content, hashing } from "../../contract/content.ts";
import { InterruptedError, messageOf, ProgramError } from "../base/errors.ts";
import { formatTime } from "../base/format.ts";
import { type Uncompared, uncomparedParts, uncomparedText } from "../content/uncompared.ts";
import { RestoreError } from "./errors.ts";
import type { RestoreRun } from "./run.ts";
import type { RestoreSource } from "./source.ts";

/** The result of a complete trial restore of a file. The record that a rehearsal writes beside the file is one. */
export interface Trial {
  runId: string;
  /** The sha256 of the file as it was read then; null if it could not be read. */
  archiveSha256: string | null;
  startedAt: string;
  /** The extent of the comparison: everything, the tables' rows, or nothing. */
  compared: "full" | "rows" | "nothing";
  result: "equal" | "different" | "failed";
  differences: readonly string[];
  error: string | null;
  /** The parts that could not be tried or compared, with reasons. */
  untried?: readonly Uncompared[] | undefined;
  /** The number of materialized views compared; absent in trials by older programs, which compare none. */
  materializedViews?: number | undefined;
}

/** The database that a trial has to fit. */
export interface ProvenFile {
  sha256: string;
  manifest: { content: Pick<Content, "materializedViews" | "objects"> | null } | null;
}

/**
 * Proves that a file restores, without the live database. Rehearsals implement it; restores know only this interface.
 */
export interface Proofs {
  /** The record beside the file; null if there is none. */
  recorded(path: string): Trial | null;
  /**
   * Checks whether a trial restore is possible on this server, as far as can be seen before it begins.
   * @param bytes the size of the trial database.
   * @returns its needs, in words.
   * @throws ProgramError with the exit code that fits
   */
  requirePossible(run: RestoreRun, bytes: number): Promise<string>;
  /** Excludes other rehearsals of the database until `release` is called. @throws LockedError */
  reserve(run: RestoreRun): Promise<Reservation>;
}

export interface Reservation {
  /**
   * Restores the file on trial, compares, and leaves the record beside it.
   * @throws ProgramError, with the exit code that fits, if the trial has no result; InterruptedError
   */
  prove(run: RestoreRun, path: string): Promise<Trial>;
  release(): void;
}

/** The advice if the programs refuse to drop the live database. */
export const byHand = 'see "In place, by hand" in docs/COMPLETE_BACKUP_SYSTEM.md';

const shownDifferences = 3;

/**
 * The unproven parts of a file, in lines for the person who decides. They come from the newest trial, or from the
 * manifest before there is one.
 */
export function unprovenLines(
  proofs: Pick<Proofs, "recorded">,
  source: Pick<RestoreSource, "manifest" | "path" | "sha256">,
): string {
  const trial = proofs.recorded(source.path);
  const content = source.manifest?.content ?? null;
  const ofFile = content === null ? [] : uncomparedParts(content);
  const parts = (shortcoming(trial, source) === null ? trial?.untried : null) ?? ofFile;
  return parts.map(({ what, why }) => `\nNot compared, and so not proven: ${what}: ${why}.`).join("");
}

/**
 * Refuses to drop a materialized view that only another server could fill again: the dump has none of its rows.
 * @throws RestoreError `check`, unless differences are accepted
 */
export function requireNoOtherServer(
  run: Pick<RestoreRun, "acceptsDifferences" | "database" | "log">,
  path: string,
  content: Pick<Content, "materializedViews">,
): void {
  const { acceptsDifferences, database, log } = run;
  const views = (content.materializedViews ?? []).filter(
    ({ populated, uncompared }) => populated && uncompared?.otherServer === true,
  );
  if (views.length === 0) return;
  const named = views.map(({ schema, name }) => `${schema}.${name}`).join(", ");
  const what = `${path} has no rows of materialized views ${named}: refreshing them needs another server`;
  if (acceptsDifferences) {
    log.event("warning", database.name, `${what}; accepted [DBK-INPLACE-7]`);
    return;
  }
  throw new RestoreError(
    "check",
    `${what}; ${database.database} is not dropped; use --accept-differences if that server answers [DBK-INPLACE-1]`,
  );
}

/** Why a trial does not prove that the file restores the data that was backed up; null if it does. */
export function shortcoming(trial: Trial | null, { sha256, manifest }: ProvenFile): string | null {
  if (trial === null) return "it was never restored on trial";
  if (trial.archiveSha256 !== sha256) return "its trial restored a file of other bytes";
  const which = `rehearsal ${trial.runId} (${formatTime(new Date(trial.startedAt))})`;
  if (trial.result === "failed") return `${which} could not restore it: ${trial.error}`;
  if (trial.result === "different") {
    const rest = trial.differences.length - shownDifferences;
    const shown = trial.differences.slice(0, shownDifferences).join("; ");
    return `${which} restored other data than was backed up: ${shown}${rest > 0 ? `; and ${rest} more` : ""}`;
  }
  if (trial.compared !== "full") return `${which} could not compare its content in full`;
  if (trial.materializedViews === undefined && hasViews(manifest?.content ?? null))
    return `${which}, by older programs, did not compare its materialized views`;
  return null;
}

const hasViews = (content: Pick<Content, "materializedViews" | "objects"> | null): boolean =>
  (content?.materializedViews ?? []).length > 0 || (content?.objects.materializedViews?.count ?? 0) > 0;

/**
 * Why no trial could prove that a file, or a new backup of the live database, restores; null if a trial could.
 * @param proof the setting backups.manifest: what new backups prove.
 */
export function unprovable(
  { manifest, path }: Pick<RestoreSource, "manifest" | "path">,
  proof: "full" | "rows",
): string | null {
  if (proof === "rows")
    return "backups.manifest is rows, so no new backup can be proven; set it to full and deploy";
  const content = manifest?.content ?? null;
  if (content === null) return `${path} has no manifest of its content, so no trial can prove it`;
  if (content.proof !== "full" || content.hashing !== hashing)
    return `the manifest of ${path} has no hashes, or those of another version, so no trial can prove the file`;
  return null;
}

/**
 * Makes sure, before anything is dropped, that a file restores completely and to the data that was backed up. The proof
 * is a record of exactly these bytes beside the file, or a trial now.
 * @throws RestoreError `load` or `check` if it does not; ProgramError if that cannot be found out; InterruptedError
 */
export async function requireProven(
  run: RestoreRun,
  proofs: Proofs,
  reserved: Reservation,
  file: ProvenFile & { path: string },
): Promise<void> {
  const { acceptsDifferences, database, log } = run;
  const { path, sha256 } = file;
  const known = proofs.recorded(path);
  const lacking = shortcoming(known, file);
  if (lacking === null) {
    const rest = uncomparedText(known?.untried ?? []);
    const what = `${path} is proven: rehearsal ${known?.runId} restored and compared it${rest}`;
    if (rest === "") log.event("info", database.name, what);
    else log.event("warning", database.name, `${what} [DBK-INPLACE-7]`);
    return;
  }
  log.event("info", database.name, `${path} is restored on trial before anything is dropped: ${lacking}`);
  const trial = await prove(run, reserved, path);
  const still = shortcoming(trial, file);
  if (still === null) return;
  const differs = trial.result === "different" && trial.archiveSha256 === sha256 && trial.compared === "full";
  if (differs && acceptsDifferences) {
    log.event("warning", database.name, `${still}; accepted [DBK-INPLACE-7]`);
    return;
  }
  const way = differs ? "; choose another backup, or use --accept-differences" : "";
  throw new RestoreError(
    differs ? "check" : "load",
    `${path} is not proven to restore, so ${database.database} is not dropped: ${still}${way}; ${byHand} [DBK-INPLACE-1]`,
  );
}

async function prove(run: RestoreRun, reserved: Reservation, path: string): Promise<Trial> {
  try {
    return await reserved.prove(run, path);
  } catch (error) {
    run.signal.throwIfAborted();
    if (error instanceof InterruptedError || !(error instanceof ProgramError)) throw error;
    throw new ProgramError(
      `${path} could not be restored on trial, so ${run.database.database} is not dropped: ${messageOf(error)}; ${byHand} [DBK-INPLACE-2]`,
      error.exitCode,
      error,
    );
  }
}
