import type { DatabaseSettings } from "../../contract/settings.ts";
import { ProgramError } from "../base/errors.ts";
import { ExitCode } from "../base/exit-codes.ts";
import { exitDescription, firstForeignStatus } from "../system/child.ts";

/** `connection`: PostgreSQL refused or is not there; `query`: a statement failed; `lost`: the session ended. */
export type PsqlErrorKind = "connection" | "query" | "lost";

/** An error of PostgreSQL. `sqlState` is its five-character code, if there is one. */
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
    `no connection to ${place}: ${detail}; check container, database and user [DBK-PG-1]`,
  query: (place, detail) => `${place} refused a statement: ${detail} [DBK-PG-2]`,
  lost: (place, detail) =>
    `the session with ${place} ended${detail === "" ? "" : `: ${detail}`}; see the container's log [DBK-PG-3]`,
};

/** psql's exit statuses: 1 own failure, 2 connection lost or refused, 3 a statement failed. */
const connectionLost = 2;

/** A line of VERBOSITY=verbose. Only the code is the same in every language. */
const codedMessage = /^(?:psql:\S* )?[^:\n]+:\s+(?<state>[0-9A-Z]{5}): (?<words>.*)$/gm;
/** Successes and warnings. */
const harmless = /^0[0-2]/;

/** The error for psql's exit status and its stderr (with VERBOSITY=verbose). */
export function psqlError(place: string, code: number, stderr: string, begun: boolean): PsqlError {
  const coded = [...stderr.matchAll(codedMessage)].map(({ groups }) => groups);
  const failure = coded.findLast((groups) => groups?.state !== undefined && !harmless.test(groups.state));
  const sqlState = failure?.state ?? null;
  const detail = sqlState === null ? firstWords(stderr, code) : `${failure?.words} (${sqlState})`;
  if (code === connectionLost || code >= firstForeignStatus)
    return new PsqlError(begun ? "lost" : "connection", place, detail, sqlState);
  return new PsqlError(sqlState === null && begun ? "lost" : "query", place, detail, sqlState);
}

/** The server's messages during connection, such as a WARNING about collations with its DETAIL and HINT. */
const remark = /^[^:]+: {2}/;

/** psql's own message comes first; otherwise the lines that are not such messages of the server. */
function firstWords(stderr: string, code: number): string {
  const lines = stderr.split("\n").filter((line) => line.trim() !== "");
  const first =
    lines.find((text) => text.startsWith("psql:")) ?? lines.find((text) => !remark.test(text)) ?? lines[0];
  return first === undefined
    ? exitDescription("psql", code)
    : first.replace(/^psql:(<stdin>:\d+:)? ?(error: )?/, "").trim();
}

/** The database as text, for messages. */
export const placeOf = (database: DatabaseSettings, options: { dbname?: string } = {}): string =>
  `database ${options.dbname ?? database.database} as ${database.user} in container ${database.container}`;
