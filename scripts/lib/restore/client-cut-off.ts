import { setTimeout as sleep } from "node:timers/promises";
import { deadline } from "../base/deadline.ts";
import type { Server } from "../postgres/server.ts";
import { PsqlSession } from "../postgres/session.ts";
import { literal } from "../postgres/sql.ts";

const lockTimeoutSeconds = 10;
const pauseMilliseconds = 5;
/** The server ends a statement by itself; only a container that hangs takes longer than this. */
const patienceSeconds = 5;
/** Then the statements go on and wait for the last clients by themselves. */
const looksForClients = 100;
/** Then a keeper goes all the same; who was told to end writes nothing any more. */
const patientRounds = 100;
/**
 * Makes everybody who connects wait, to whatever database, before its name is looked up. Without it, who reconnects
 * while a name changes hands waits for the database that had the name and is then told that it is gone: a second
 * failure. A dump of any database holds the table's weakest lock for as long as it runs, hence the time-out.
 */
export const holdConnections =
  "SET LOCAL idle_in_transaction_session_timeout = '15s'; SET LOCAL lock_timeout = '300ms'; LOCK TABLE pg_catalog.pg_database IN ACCESS EXCLUSIVE MODE; SET LOCAL lock_timeout = '10s'";

/**
 * Ends the clients of the databases with these oids, but only once nobody can come back before the statements are done:
 * while connections are held, or a statement holds the lock on the live one. Who reconnects before that would be ended
 * a second time. It must not read pg_database itself. Returns how many clients it found; -1 while it is too early.
 *
 * Who is about to connect is no activity yet, but may hold a lock on the database and wait for pg_database: a rename
 * would wait for that one until the server looks for deadlocks, a second later. Whose it is, is not known yet either, so
 * that only a superuser may end it; nobody else can make it wait.
 * @param spared a process that is not ended; 0 for none.
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

/** A session in one of the databases that keeps clients from writing there, and goes when they are gone. */
export interface Keeper {
  /** Its process in the server. */
  pid: number;
  /** @throws unless nobody could write until now. */
  requireHeld(): Promise<void>;
  /** Ends it. Never throws. */
  end(): Promise<void>;
}

/** One that goes only when the database is still what it was. */
export interface CarefulKeeper extends Keeper {
  /**
   * Asked while a statement holds the lock on the live database and waits for the keeper's session.
   * @param ask in another database.
   * @throws where the statement must not take effect: the keeper stays then, and the statement gives up.
   */
  requireSame(ask: (sql: string) => Promise<string>): Promise<void>;
}

/**
 * Runs statements that need databases without clients (RENAME and DROP wait five seconds for that) in one session,
 * while a second one ends the clients for as long as it takes.
 * @param server asked in a database that is none of them, in a limited time, which is that of all statements together.
 * @param keeper is ended as soon as a statement holds the lock on the live database, so that nobody comes in, and the
 * others have gone: none of them could write before that.
 * @returns for how many seconds clients were cut off.
 * @throws what the statements' session or the keeper throws; whether they took effect is then to be looked up.
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

/** @returns what makes the statement of endClients for a process that is spared. */
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

/** @param keeper is asked before each statement, for none may take effect once somebody could write. */
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

/** RENAME looks for clients every tenth of a second: with none left at its first look it does not wait. */
async function clientsGone(clients: Clients): Promise<void> {
  for (let look = 0; look < looksForClients && clients.found !== 0; look += 1) await sleep(pauseMilliseconds);
}

/** If the ending session is lost, the working one still decides: its statements give up by themselves. */
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
      // One that drops its temporary tables waits for the keeper.
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
