import * as z from "zod/mini";
import type { Settings } from "../../contract/settings.ts";
import { messageOf, ProgramError } from "../base/errors.ts";
import { ExitCode } from "../base/exit-codes.ts";
import { runChild } from "../system/child.ts";
import type { Request } from "./request.ts";

const Fetched = z.object({
  fetched: z.nullable(z.object({ path: z.string() })),
  error: z.nullable(z.string()),
});

/**
 * Has the program that talks to stores bring a backup into the directory of backups. It shows its progress on stderr.
 * @returns the archive's path.
 * @throws ProgramError with that program's reason and exit code; InterruptedError
 */
export async function fetchFrom(
  { paths }: Settings,
  store: string,
  { at, database, operand }: Pick<Request, "at" | "database" | "operand">,
  signal: AbortSignal,
): Promise<string> {
  const { code, text } = await copying(
    paths,
    [
      ...["--fetch", "--json", "--store", store],
      ...(database === undefined ? [] : ["--database", database]),
      ...(at === null ? [] : ["--at", at.written]),
      ...(operand === null ? [] : [operand]),
    ],
    signal,
  );
  const { error, fetched } = parsed(text);
  if (code === ExitCode.success && fetched !== null) return fetched.path;
  throw new ProgramError(
    error ?? `store ${store}: nothing was fetched [DBK-COPY-13]`,
    code || ExitCode.failed,
  );
}

function parsed(text: string): z.infer<typeof Fetched> {
  try {
    return z.parse(Fetched, JSON.parse(text));
  } catch (error) {
    return { fetched: null, error: `copy_backups gave no result: ${messageOf(error)} [DBK-COPY-13]` };
  }
}

/**
 * What a store has: text for people, or with `json` the document of that program.
 * @throws ProgramError with its exit code if the store cannot be listed; it has said why on stderr
 */
export async function listAt(
  { paths }: Settings,
  store: string,
  database: string | undefined,
  json: boolean,
  signal: AbortSignal,
): Promise<string> {
  const only = database === undefined ? [] : ["--database", database];
  const words = ["--list", "--store", store, ...only, ...(json ? ["--json"] : [])];
  const { code, text } = await copying(paths, words, signal);
  if (code === ExitCode.success) return text;
  throw new ProgramError(`store ${store} cannot be listed [DBK-COPY-13]`, code);
}

async function copying(
  { copyLauncher }: Settings["paths"],
  words: readonly string[],
  signal: AbortSignal,
): Promise<{ code: ExitCode; text: string }> {
  if (copyLauncher === undefined)
    throw new ProgramError(
      "no store is configured here; set copies, then: pulumi up [DBK-COPY-13]",
      ExitCode.usage,
    );
  const { code, stdout } = await runChild(copyLauncher, words, {
    signal,
    passOn: (piece) => process.stderr.write(piece),
  });
  const known = Object.values(ExitCode).find((one) => one === code);
  return { code: known ?? ExitCode.failed, text: stdout };
}
