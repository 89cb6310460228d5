import type { Load, LoadFailure } from "../archive/load.ts";
import { type DumpEntry, entriesAt, entryText, type FoundEntries } from "./dump-entries.ts";
import { RestoreError } from "./errors.ts";
import { cureOf, type LoadProblem } from "./load-cures.ts";
import type { RestoreRun } from "./run.ts";
import type { RestoreSource } from "./source.ts";

/**
 * Errors of connections, resources, operators, the system or another server. Leaving a part of the dump out does not
 * help.
 */
const passing = /^(?:08|53|57|58030|HV|XX)/;

/** The failed object in words: `the index public.a could not be made`. */
export const failedText = (entry: DumpEntry): string =>
  `${entryText(entry)} could not be ${entry.type === "TABLE DATA" ? "loaded" : "made"}`;

/** An error with its object and advice, in one sentence. */
export function problemText(problem: LoadProblem): string {
  const { entry, error } = problem;
  const code = error.sqlState === null ? "" : ` (${error.sqlState})`;
  const where = entry !== null ? `${failedText(entry)}: ` : error.line === null ? "" : `line ${error.line}: `;
  const cure = cureOf(problem);
  return `${where}${error.message}${code}${cure === null ? "" : `; ${cure}`}`;
}

/** The error for a failed load: the object of the dump, the reason, and the advice. */
export async function loadError(
  run: RestoreRun,
  { path }: Pick<RestoreSource, "path">,
  way: Load["way"],
  failure: LoadFailure,
): Promise<RestoreError> {
  const { error } = failure;
  const what = `${path} could not be restored: `;
  if (error === null) return new RestoreError("load", `${what}${failure.message} [DBK-RESTORE-4]`, failure);
  let found: FoundEntries = { entry: null, functions: [] };
  if (error.line !== null)
    found = await entriesAt(
      path,
      { line: error.line, way, functionNames: error.functions },
      run.signal,
    ).catch(() => found);
  const partly = `${run.settings.paths.restoreLauncher} --into NAME --keep-going ${path}`;
  const hint =
    error.sqlState === null || passing.test(error.sqlState)
      ? ""
      : `; for all the data that can be loaded: ${partly}`;
  return new RestoreError(
    "load",
    `${what}${problemText({ error, ...found })}${hint} [DBK-RESTORE-4]`,
    failure,
  );
}
