import { endOf, firstForeignStatus } from "./child.ts";
import { ProgramError } from "./errors.ts";
import { ExitCode } from "./exit-codes.ts";

/** `connection`: PostgreSQL refused or is not there; `query`: a statement failed; `lost`: the session ended. */
export type PsqlErrorKind = "connection" | "query" | "lost";

/** PostgreSQL could not do what was asked. `sqlState` is its five-character code, where it gave one. */
export class PsqlError extends ProgramError {
  override readonly name = "PsqlError";
  readonly kind: PsqlErrorKind;
  readonly sqlState: string | null;
  constructor(kind: PsqlErrorKind, place: string, detail: string, sqlState: string | null) {
    super(explanations[kind](place, detail), kind === "query" ? ExitCode.failed : ExitCode.unavailable);
    this.kind = kind;
    this.sqlState = sqlState;
  }
}

const explanations: Record<PsqlErrorKind, (place: string, detail: string) => string> = {
  connection: (place, detail) =>
    `no connection to ${place}: ${detail}; check the container, database and user`,
  query: (place, detail) => `${place} refused a statement: ${detail}`,
  lost: (place, detail) =>
    `the session with ${place} ended${detail === "" ? "" : `: ${detail}`}; see the container's log`,
};

/** psql's exit statuses: 1 own failure, 2 connection lost or refused, 3 a statement failed. */
const connectionLost = 2;

/** The error that psql's exit status and words on stderr (written with VERBOSITY=verbose) stand for. */
export function psqlError(place: string, code: number, stderr: string, begun: boolean): PsqlError {
  const coded = /(?:ERROR|FATAL|PANIC|[A-Z]{4,}):\s+([0-9A-Z]{5}): (.*)/.exec(stderr);
  const lines = stderr
    .split("\n")
    .map((line) => line.replace(/^psql:(<stdin>:\d+:)? ?(error: )?/, "").trim());
  const first = lines.find((line) => line !== "" && !line.startsWith("NOTICE")) ?? endOf("psql", code);
  const sqlState = coded?.[1] ?? null;
  const detail = coded?.[2] === undefined ? first : `${coded[2]} (${sqlState})`;
  if (code === connectionLost || code >= firstForeignStatus)
    return new PsqlError(begun ? "lost" : "connection", place, detail, sqlState);
  return new PsqlError(sqlState === null && begun ? "lost" : "query", place, detail, sqlState);
}
