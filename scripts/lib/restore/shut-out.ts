import { setTimeout as sleep } from "node:timers/promises";
import type { Content } from "../../contract/content.ts";
import { InterruptedError, messageOf } from "../base/errors.ts";
import { applicationName } from "../base/run-id.ts";
import { readLargeObjects } from "../content/large-objects.ts";
import { fixTextForms } from "../content/text-forms.ts";
import { PsqlSession } from "../postgres/session.ts";
import { literal } from "../postgres/sql.ts";
import { RestoreError } from "./errors.ts";
import type { RestoreRun } from "./run.ts";
import { functionsState, lockAgainstWriting, lockRest, lockUnlocked, type Unlocked } from "./write-locks.ts";

const endingPauseMilliseconds = 100;
/**
 * Sessions are terminated this many times before locks are requested. Sessions that end may still drop temporary
 * tables.
 */
const roundsBefore = 20;
/**
 * The interval of this program's signs of life to the server, and the silence after which the server lets clients in by
 * itself.
 */
const signPauseMilliseconds = 5_000;
const silenceSeconds = 60;

/**
 * Terminates the sessions of the database with this oid, except those with these names. A new session without a name is
 * spared for a second: it may be this run's.
 */
const endOthers = (oid: number, ours: readonly string[]): string => `
select count(pg_terminate_backend(pid)) from pg_stat_get_activity(null)
where datid = ${oid} and coalesce(application_name, '') not in (${ours.map(literal).join(", ")})
  and (coalesce(application_name, '') <> '' or backend_start < clock_timestamp() - interval '1 second')`;

/** The error if clients came in, or could not be kept out, before anything was dropped. */
const held = (what: string, cause?: unknown): RestoreError =>
  new RestoreError(
    "obstacle",
    `${what}; nothing has changed; stop the application and run it again [DBK-INPLACE-4]`,
    cause,
  );

/**
 * Keeps all clients but this run out of the live database. Sessions of other clients are terminated again and again. A
 * session of ours holds locks against writes; if there are very many tables, it detects writes instead. Nothing of this
 * changes the server: if this program, the session or the machine dies, clients are let in again.
 */
export class ShutOut {
  /** Aborted with the run, and if clients can no longer be kept out. */
  readonly signal: AbortSignal;
  readonly #began = performance.now();
  readonly #run: RestoreRun;
  readonly #maintenance: string;
  readonly #lost = new AbortController();
  readonly #locking: PsqlSession;
  readonly #ending: PsqlSession;
  readonly #over = new AbortController();
  #work: Promise<void>[] = [];
  #asked: Promise<unknown> = Promise.resolve();
  #pid = 0;
  #functions = "";
  #unlocked: Unlocked = { tables: [], writers: "" };

  private constructor(run: RestoreRun, maintenance: string) {
    const { runId, settings } = run;
    this.#run = run;
    this.#maintenance = maintenance;
    this.signal = AbortSignal.any([run.signal, this.#lost.signal]);
    // A name of its own, because a backup that starts again terminates the sessions of its run.
    const server = run.server.named(nameOf(runId)).until(this.#lost.signal);
    // Reading large objects takes longer the larger they are.
    this.#locking = new PsqlSession(server.within(null).waiting(settings.timeouts.lockWait));
    this.#ending = new PsqlSession(server.in(maintenance));
  }

  /**
   * @param maintenance another database of the server.
   * @throws RestoreError `obstacle` if clients cannot be kept out; DockerError, InterruptedError
   */
  static async begin(run: RestoreRun, maintenance: string, liveOid: number): Promise<ShutOut> {
    const shutOut = new ShutOut(run, maintenance);
    try {
      await shutOut.#begin(liveOid);
      return shutOut;
    } catch (error) {
      await shutOut.end();
      if (run.signal.aborted) throw run.signal.reason;
      throw held(`could not shut clients out of ${run.database.database}: ${messageOf(error)}`, error);
    }
  }

  async #begin(liveOid: number): Promise<void> {
    const { runId, settings } = this.#run;
    this.#pid = Number(await this.#ask(() => this.#locking.query("select pg_backend_pid()")));
    const sql = endOthers(liveOid, [applicationName(runId), nameOf(runId)]);
    for (let round = 1; round <= roundsBefore; round += 1) {
      if ((await this.#within(this.#ending.query(sql))) === "0") break;
      await sleep(endingPauseMilliseconds);
    }
    this.#work = [this.#keepEnding(sql)];
    const { lockWait, query: patience } = settings.timeouts;
    const locked = this.#ask(
      async () => {
        this.#unlocked = await lockAgainstWriting(this.#locking, silenceSeconds);
        this.#functions = await functionsState(this.#locking);
      },
      2 * lockWait + patience,
    );
    await Promise.race([locked, ended(this.signal)]);
    this.#work.push(this.#keepSaying());
  }

  /** How long clients have been shut out by now. */
  get seconds(): number {
    return (performance.now() - this.#began) / 1000;
  }

  /** The server process that holds the locks. */
  get pid(): number {
    return this.#pid;
  }

  /** @throws RestoreError `obstacle` if a client could have written until now. */
  async requireHeld(): Promise<void> {
    await this.#sayAlive();
    this.signal.throwIfAborted();
    if (this.#over.signal.aborted) throw new InterruptedError("clients are let in again [DBK-RECOVERY-1]");
  }

  /**
   * Also locks large objects, functions and schemas, which is not possible during a backup, and the tables if there are
   * many.
   * @param saved the content of the backup.
   * @throws RestoreError `obstacle` if they changed since the backup.
   */
  async keepRest(saved: Pick<Content, "largeObjects" | "tables">): Promise<void> {
    const { restore } = this.#run.settings.timeouts;
    const [tables, functions, present] = await this.#ask(async () => {
      const kept = await lockUnlocked(this.#locking, this.#unlocked, saved.tables);
      await lockRest(this.#locking);
      const state = await functionsState(this.#locking);
      await this.#locking.query(fixTextForms);
      return [kept, state, await readLargeObjects(this.#locking, "full")] as const;
    }, restore);
    const objects = JSON.stringify(present) === JSON.stringify(saved.largeObjects);
    if (tables && objects && functions === this.#functions) return;
    const wrote = tables ? "wrote to large objects" : "wrote to tables";
    const what = tables && objects ? "changed functions or schemas" : wrote;
    throw held(`a client ${what} of ${this.#run.database.database} while it was backed up`);
  }

  /** Lets clients in again. Never throws. */
  async end(): Promise<void> {
    if (this.#over.signal.aborted) return;
    this.#over.abort();
    const closed = Promise.all([this.#locking.close(), this.#ending.close()]);
    try {
      await this.#within(closed);
    } catch {
      this.#lost.abort(new InterruptedError("clients are let in again [DBK-RECOVERY-1]"));
      await closed;
    }
    await Promise.all(this.#work);
    if (this.#pid === 0) return;
    // If Docker has lost the session's client, the server may still have the session.
    const { runId, server } = this.#run;
    const mine = `select count(pg_terminate_backend(pid)) from pg_stat_get_activity(${this.#pid})
      where application_name = ${literal(nameOf(runId))}`;
    await server
      .in(this.#maintenance)
      .query(mine)
      .catch(() => {});
  }

  async #keepEnding(sql: string): Promise<void> {
    while (!this.#stopped) {
      try {
        await this.#within(this.#ending.query(sql));
        await sleep(endingPauseMilliseconds);
      } catch (error) {
        this.#lose(error);
      }
    }
  }

  async #keepSaying(): Promise<void> {
    while (!this.#stopped) {
      await sleep(signPauseMilliseconds, undefined, { signal: this.#over.signal }).catch(() => {});
      if (!this.#stopped) await this.#sayAlive();
    }
  }

  async #sayAlive(): Promise<void> {
    await this.#ask(() => this.#locking.query("select 1")).catch((error) => this.#lose(error));
  }

  get #stopped(): boolean {
    return this.#over.signal.aborted || this.#lost.signal.aborted;
  }

  #lose(error: unknown): void {
    if (this.#stopped) return;
    const what = `could not keep clients out of ${this.#run.database.database}`;
    this.#lost.abort(held(`${what}: ${messageOf(error)}`, error));
  }

  /** One query at a time. */
  #ask<T>(question: () => Promise<T>, seconds?: number): Promise<T> {
    const answer = this.#asked.then(() => this.#within(question(), seconds));
    this.#asked = answer.catch(() => {});
    return answer;
  }

  /** A container that hangs never answers. */
  async #within<T>(answer: Promise<T>, seconds = this.#run.settings.timeouts.query): Promise<T> {
    const done = new AbortController();
    const overdue = sleep(seconds * 1000, undefined, { signal: done.signal }).then(() => {
      throw new InterruptedError(
        `container ${this.#run.database.container} gave no answer within ${seconds} s [DBK-DOCKER-6]`,
      );
    });
    try {
      return await Promise.race([answer, overdue]);
    } finally {
      overdue.catch(() => {});
      done.abort();
    }
  }
}

const nameOf = (runId: string): string => `${applicationName(runId)}/shut-out`;

const ended = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    else signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
