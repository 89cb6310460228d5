import { setTimeout as sleep } from "node:timers/promises";
import { deadline } from "../base/deadline.ts";
import type { Server } from "../postgres/server.ts";
import { PsqlSession } from "../postgres/session.ts";
import { literal } from "../postgres/sql.ts";

const lockTimeoutSeconds = 10;
const pauseMilliseconds = 5;
/** The server ends a statement by itself; only a container that hangs takes longer than this. */
const patienceSeconds = 5;
/** After this many rounds the statements go on and wait for the last clients by themselves. */
const looksForClients = 100;
/** After this many rounds the keeper ends anyway: a backend that was told to terminate writes nothing any more. */
const patientRounds = 100;
/**
 * Makes new connections to any database wait before the server looks up the database's name. Otherwise a client that
 * reconnects during the rename waits for the database that had the name, and then gets the error that it is gone: a
 * second failure. A dump of any database holds the table's weakest lock while it runs, hence the time-out.
 */
export const holdConnections =
  "SET LOCAL idle_in_transaction_session_timeout = '15s'; SET LOCAL lock_timeout = '300ms'; LOCK TABLE pg_catalog.pg_database IN ACCESS EXCLUSIVE MODE; SET LOCAL lock_timeout = '10s'";

/**
 * Terminates the clients of the databases with these oids, but only when they cannot reconnect before the statements are
 * done: while connections are held, or while a statement holds the lock on the live database. A client that reconnects
 * earlier would be terminated a second time. The query must not read pg_database itself. It returns the number of
 * clients found; -1 while it is too early.
 *
 * A backend that is still connecting is not in pg_stat_activity, but may already hold a lock on the database and wait
 * for pg_database. It would block the rename until deadlock detection (1 s). Its role is unknown then, so only a
 * superuser can terminate it; without a superuser connections are not held, and nothing makes it wait.
 * @param spared a process that is not terminated; 0 for none.
 */
const endClients = (live: string, databases: readonly string[], spared: number): string => `
select case when held then (
  select count(pg_terminate_backend(pid)) from (
    select pid from pg_stat_get_activity(null)
      where datid in (${databases.join(", ")}) and pid not in (pg_backend_pid(), ${spared})
    union select pid from pg_locks where granted and mode = 'RowExclusiveLock' and locktype = 'object'
      and classid = 'pg_database'::regclass and objid in (${databases.join(", ")})
      and current_setting('is_superuser') = 'on') as clients)
else -1 end from (select exists (
  select from pg_locks where granted and mode = 'AccessExclusiveLock' and (
    (locktype = 'object' and classid = 'pg_database'::regclass and objid = ${live}) or
    (locktype = 'relation' and relation = 'pg_database'::regclass)))) as locks(held)`;

/** A session in one of the databases that keeps clients from writing there. It ends when they are gone. */
export interface Keeper {
  /** Its process in the server. */
  pid: number;
  /** @throws if a client could have written until now. */
  requireHeld(): Promise<void>;
  /** Ends it. Never throws. */
  end(): Promise<void>;
}

/** A keeper that ends only if the database is unchanged. */
export interface CarefulKeeper extends Keeper {
  /**
   * Called while a statement holds the lock on the live database and waits for the keeper's session.
   * @param ask queries another database.
   * @throws if the statement must not take effect. Then the keeper stays, and the statement times out.
   */
  requireSame(ask: (sql: string) => Promise<string>): Promise<void>;
}

/**
 * Runs statements that need databases without clients (RENAME and DROP wait five seconds for that) in one session. A
 * second session terminates the clients until the statements are done.
 * @param server connects to another database; its time limit is that of all statements together.
 * @param keeper ends as soon as a statement holds the lock on the live database and the other clients are gone. Until
 * then it keeps them from writing; after that the lock keeps them out.
 * @returns for how many seconds clients were cut off.
 * @throws the error of the statements' session or of the keeper. The caller then has to find out whether the statements
 * took effect.
 */
export async function runWithoutClients(
  server: Server,
  live: string,
  databases: readonly string[],
  statements: readonly string[],
  keeper: CarefulKeeper | null = null,
): Promise<number> {
  const limit = (server.seconds ?? 0) + patienceSeconds;
  const overdue = `container ${server.database.container} gave no answer within ${limit} s [DBK-DOCKER-6]`;
  const time = deadline(server.signal ?? new AbortController().signal, limit, overdue);
  const bounded = server.until(time.signal);
  const working = new PsqlSession(bounded.waiting(lockTimeoutSeconds));
  const ending = new PsqlSession(bounded);
  try {
    // Both are connected before the first statement that makes a client wait.
    const [endingFor] = await Promise.all([prepare(ending, live, databases), working.query("select 1")]);
    const began = performance.now();
    const clients: Clients = { found: -1 };
    const work = runAll(working, statements, clients, keeper);
    await endWhile(ending, endingFor, work, clients, keeper);
    await work.catch((error: unknown) => {
      throw clients.refusal ?? error;
    });
    return (performance.now() - began) / 1000;
  } finally {
    await Promise.all([working.close(), ending.close()]);
    time.done();
  }
}

/** @returns a function that makes the statement of endClients, given the process to spare. */
async function prepare(
  ending: PsqlSession,
  live: string,
  databases: readonly string[],
): Promise<(spared: number) => string> {
  const oidsOf = async (names: readonly string[]) => {
    const sql = `select oid from pg_database where datname in (${names.map(literal).join(", ")})`;
    const lines = await ending.query(sql);
    // No database has the oid 0.
    return lines === "" ? ["0"] : lines.split("\n");
  };
  const [oid = "0"] = await oidsOf([live]);
  const oids = await oidsOf(databases);
  return (spared) => endClients(oid, oids, spared);
}

export interface Clients {
  /** How many the last round of endClients found. */
  found: number;
  /** Why the keeper has not gone. */
  refusal?: unknown;
}

/** @param keeper is checked before each statement: none may take effect once a client could have written. */
export async function runAll(
  session: Pick<PsqlSession, "query">,
  statements: readonly string[],
  clients: Clients,
  keeper: Pick<Keeper, "requireHeld"> | null,
): Promise<void> {
  for (const statement of statements) {
    await keeper?.requireHeld();
    await session.query(statement);
    if (statement === holdConnections) await clientsGone(clients);
  }
}

/** RENAME looks for clients every 0.1 s. With none left at its first look it does not wait. */
async function clientsGone(clients: Clients): Promise<void> {
  for (let look = 0; look < looksForClients && clients.found !== 0; look += 1) await sleep(pauseMilliseconds);
}

/** If the terminating session is lost, the working session still decides: its statements time out by themselves. */
async function endWhile(
  ending: PsqlSession,
  endingFor: (spared: number) => string,
  work: Promise<void>,
  clients: Clients,
  keeper: CarefulKeeper | null,
): Promise<void> {
  let working = true;
  const over = () => {
    working = false;
  };
  work.then(over, over);
  let spared = keeper?.pid ?? 0;
  let rounds = 0;
  try {
    while (working) {
      clients.found = Number(await ending.query(endingFor(spared)));
      if (clients.found >= 0) rounds += 1;
      // A backend that drops its temporary tables waits for the keeper.
      if (spared !== 0 && (clients.found === 0 || rounds > patientRounds)) {
        spared = 0;
        try {
          await keeper?.requireSame((sql) => ending.query(sql));
        } catch (error) {
          clients.refusal = error;
          throw error;
        }
        await keeper?.end();
      }
      await sleep(pauseMilliseconds);
    }
  } catch {
    await work.catch(() => {});
  }
}
