import * as z from "zod/mini";
import type { Settings } from "../../contract/settings.ts";
import { messageOf } from "../base/errors.ts";
import { runChild } from "../system/child.ts";
import { RestoreError } from "./errors.ts";
import type { Request } from "./request.ts";

const Fetched = z.object({
  fetched: z.nullable(z.object({ path: z.string() })),
  error: z.nullable(z.string()),
});

/**
 * Has the program that talks to stores bring a backup into the directory of backups. It shows its progress on stderr.
 * @returns the archive's path.
 * @throws RestoreError `unfit-file` with the reason of that program; InterruptedError
 */
export async function fetchFrom(
  { paths }: Settings,
  store: string,
  { at, database, operand }: Pick<Request, "at" | "database" | "operand">,
  signal: AbortSignal,
): Promise<string> {
  const words = [
    ...["--fetch", "--json", "--store", store],
    ...(database === undefined ? [] : ["--database", database]),
    ...(at === null ? [] : ["--at", at.written]),
    ...(operand === null ? [] : [operand]),
  ];
  const { stdout } = await copying(paths, words, signal);
  try {
    const { error, fetched } = z.parse(Fetched, JSON.parse(stdout));
    if (fetched !== null) return fetched.path;
    throw new RestoreError("unfit-file", error ?? `store ${store}: nothing was fetched [DBK-COPY-13]`);
  } catch (error) {
    if (error instanceof RestoreError) throw error;
    throw new RestoreError(
      "unfit-file",
      `store ${store}: nothing was fetched: ${messageOf(error)} [DBK-COPY-13]`,
      error,
    );
  }
}

/** What a store has, as text. @throws RestoreError if it cannot be asked */
export async function listAt(
  { paths }: Settings,
  store: string,
  database: string | undefined,
  signal: AbortSignal,
): Promise<string> {
  const words = ["--list", "--store", store, ...(database === undefined ? [] : ["--database", database])];
  const { code, stdout } = await copying(paths, words, signal);
  if (code !== 0) throw new RestoreError("unfit-file", `store ${store} cannot be listed [DBK-COPY-13]`);
  return stdout;
}

async function copying({ copyLauncher }: Settings["paths"], words: readonly string[], signal: AbortSignal) {
  if (copyLauncher === undefined)
    throw new RestoreError(
      "unfit-file",
      "no store is configured here; set copies, then: pulumi up [DBK-COPY-13]",
    );
  return runChild(copyLauncher, words, { signal, overhear: showNew() });
}

/** Shows what a child writes on stderr, as it comes. */
function showNew(): (stderr: string) => void {
  let shown = 0;
  return (stderr) => {
    process.stderr.write(stderr.slice(shown));
    shown = stderr.length;
  };
}
