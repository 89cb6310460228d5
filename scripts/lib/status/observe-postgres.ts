import { InterruptedError, messageOf } from "../base/errors.ts";
import { PsqlError } from "../postgres/psql-error.ts";
import { whyRefused } from "../postgres/refusal.ts";
import type { Server } from "../postgres/server.ts";
import { DockerError } from "../system/docker.ts";
import { figuresQuery, readFigures } from "./figures-query.ts";
import type { PostgresState } from "./observation.ts";

const statementTimedOut = "57014";

/** Queries a database's figures in one psql call. */
export async function observePostgres(
  server: Server,
  runId: string,
  signal: AbortSignal,
): Promise<PostgresState> {
  const asking = server.until(signal);
  try {
    const answer = await asking.query(figuresQuery);
    return { answers: true, figures: readFigures(answer, runId) };
  } catch (error) {
    signal.throwIfAborted();
    const seen = { answers: false, kind: kindOf(error), reason: messageOf(error) } as const;
    if (seen.kind !== "refused") return seen;
    const refusal = await whyRefused(asking).catch(() => null);
    signal.throwIfAborted();
    return { ...seen, refusal };
  }
}

function kindOf(error: unknown): Exclude<PostgresState, { answers: true }>["kind"] {
  if (error instanceof InterruptedError) return "silent";
  if (error instanceof DockerError) return error.kind === "command-missing" ? "unreadable" : "container";
  if (!(error instanceof PsqlError)) return "unreadable";
  if (error.sqlState === statementTimedOut) return "silent";
  return error.kind === "query" ? "unreadable" : "refused";
}
