import { messageOf } from "../scripts/lib/base/errors.ts";
import { type PostgresVersion, postgresVersion } from "./sandbox/postgres-version.ts";

export const help = `Usage: npm test [-- OPTION… WORD…]
       npm run test:full [-- OPTION…]

Checks and tests, and a closing line with the counts of both. Every other word is Vitest's: files, -t NAME …

Options:
  --full          every file, and a sample of the fault suite; npm test leaves some to this
                  (test/tiers.ts)
  --rest SECONDS  of what npm test leaves out as much as has time, chosen by a seed
  --postgres N    the major version of the sandbox's databases
  --help          print this help
`;

/** The request of a command line. */
export interface Request {
  extent: "usual" | "full" | { seconds: number };
  postgres: PostgresVersion | null;
  /** Arguments of Vitest. */
  words: string[];
}

export class UsageError extends Error {}

/**
 * Takes our own options out of the words of a command line.
 * @throws UsageError for a wrong value, which Vitest would not understand either
 */
export function parseCommandLine(argv: readonly string[]): Request {
  const words = argv.filter((word) => word !== "--full");
  const take = (option: string): string | null => {
    const at = words.indexOf(option);
    if (at < 0) return null;
    const [, value = ""] = words.splice(at, 2);
    return value;
  };
  const version = take("--postgres");
  const rest = take("--rest");
  if (rest !== null && !/^\d{1,5}$/.test(rest)) throw new UsageError(`--rest takes seconds, not “${rest}”`);
  if (rest !== null && words.length > 0)
    throw new UsageError(`--rest chooses by itself; with “${words.join(" ")}” leave it out`);
  const all = argv.includes("--full") ? "full" : "usual";
  const extent = rest === null ? all : { seconds: Number(rest) };
  return { extent, postgres: version === null ? null : versionOf(version), words };
}

function versionOf(text: string): PostgresVersion {
  try {
    return postgresVersion(text, "--postgres");
  } catch (error) {
    throw new UsageError(messageOf(error));
  }
}
