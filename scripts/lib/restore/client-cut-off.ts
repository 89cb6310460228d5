import { setTimeout as sleep } from "node:timers/promises";
import { deadline } from "../deadline.ts";
import { PsqlSession } from "../psql-session.ts";
import type { DatabaseSettings } from "../settings.ts";
import { literal } from "../sql.ts";
import type { QuestionOptions } from "./run.ts";

const lockTimeoutSeconds = 10;
const pauseMilliseconds = 5;
/** The server ends a statement by itself; only a container that hangs takes longer than this. */
const patienceSeconds = 5;

/**
 * Ends the clients of `databases`, but only once a statement holds the lock on `live`: who reconnects before that
 * would be ended a second time, who reconnects after it waits until the statement's transaction is over.
 */
const endClients = (live: string, databases: readonly string[]): string => `
select count(pg_terminate_backend(pid)) from pg_stat_activity
where datname in (${databases.map(literal).join(", ")}) and pid <> pg_backend_pid() and exists (
  select from pg_locks where locktype = 'object' and classid = 'pg_database'::regclass and granted
    and mode = 'AccessExclusiveLock' and objid = (select oid from pg_database where datname = ${literal(live)}))`;

/**
 * Runs statements that need databases without clients (RENAME and DROP wait five seconds for that) in one session,
 * while a second one ends the clients for as long as it takes.
 * @param options of a session in a database that is none of them; its time-out is that of all statements together.
 * @returns for how many seconds clients were cut off.
 * @throws what the statements' session throws; whether they took effect is then to be looked up.
 */
export async function runWithoutClients(
  database: DatabaseSettings,
  live: string,
  databases: readonly string[],
  statements: readonly string[],
  options: QuestionOptions,
): Promise<number> {
  const limit = options.timeoutSeconds + patienceSeconds;
  const overdue = `container ${database.container} gave no answer within ${limit} s`;
  const time = deadline(options.signal ?? new AbortController().signal, limit, overdue);
  const bounded = { ...options, signal: time.signal };
  const working = new PsqlSession(database, { ...bounded, lockTimeoutSeconds });
  const ending = new PsqlSession(database, bounded);
  try {
    // Both are connected before the first statement that makes a client wait.
    await Promise.all([working.query("select 1"), ending.query("select 1")]);
    const began = performance.now();
    const work = runAll(working, statements);
    await endWhile(ending, endClients(live, databases), work);
    await work;
    return (performance.now() - began) / 1000;
  } finally {
    await Promise.all([working.close(), ending.close()]);
    time.done();
  }
}

async function runAll(session: PsqlSession, statements: readonly string[]): Promise<void> {
  for (const statement of statements) await session.query(statement);
}

/** If the ending session is lost, the working one still decides: its statements give up by themselves. */
async function endWhile(ending: PsqlSession, sql: string, work: Promise<void>): Promise<void> {
  let working = true;
  const over = () => {
    working = false;
  };
  work.then(over, over);
  try {
    while (working) {
      await ending.query(sql);
      await sleep(pauseMilliseconds);
    }
  } catch {
    await work;
  }
}
