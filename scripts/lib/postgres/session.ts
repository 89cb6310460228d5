import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import type * as z from "zod/mini";
import * as zod from "zod/mini";
import { endedBy, messageOf, runEnded } from "../base/errors.ts";
import { bytesOf, textOf } from "../base/text-bytes.ts";
import { dockerFailure, execArguments } from "../system/docker.ts";
import { psqlProgram, sessionStart } from "./psql.ts";
import { PsqlError, psqlError } from "./psql-error.ts";
import type { Server } from "./server.ts";

interface Waiting {
  /** The line that ends the answer. */
  end: Buffer;
  take: (piece: Buffer) => void;
  resolve: () => void;
  reject: (error: Error) => void;
}

/** The SQLSTATE of a statement that did not fail. */
const succeeded = "00000";

/** One psql that stays open, so a transaction can span several queries. The first error ends it. */
export class PsqlSession {
  readonly #server: Server;
  /** Limits the first query, which runs before the session. */
  readonly #closing = new AbortController();
  readonly #started: Promise<void>;
  #child: ChildProcessWithoutNullStreams | null = null;
  /** The tail of the output, in which the end mark of an answer may begin. */
  #output = Buffer.alloc(0);
  #errors = "";
  #waiting: Waiting | null = null;
  #end: Error | null = null;
  #asked = false;
  #answered = false;

  constructor(server: Server) {
    this.#server = server;
    this.#started = this.#start().catch((error: unknown) => {
      this.#finish(error instanceof Error ? error : new Error(messageOf(error)));
    });
  }

  async #start(): Promise<void> {
    const { database, options } = this.#server;
    const signal = AbortSignal.any([this.#closing.signal, ...(options.signal ? [options.signal] : [])]);
    const facts = await this.#server.until(signal).facts();
    signal.throwIfAborted();
    const program = psqlProgram(database, facts, options);
    // Detached from the terminal: Ctrl-C must not end a session that this program wants to finish.
    const child = spawn("docker", execArguments(database.container, program, true), {
      detached: true,
      env: { ...process.env, ...program.secrets },
      stdio: "pipe",
    });
    child.stdout.on("data", (chunk: Buffer) => this.#take(chunk));
    child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
      this.#errors = (this.#errors + chunk).slice(-65_536);
    });
    // The exit status reports a broken pipe.
    child.stdin.on("error", () => {});
    child.stdin.write(sessionStart);
    child.on("error", (error) => this.#finish(dockerFailure(database.container, messageOf(error)) ?? error));
    child.on("close", (code) => this.#finish(this.#reason(code ?? 128)));
    options.signal?.addEventListener("abort", this.#abort, { once: true });
    this.#child = child;
  }

  /**
   * Runs SQL and waits for its end; one query at a time.
   * @returns its output, unaligned and without headers.
   * @throws PsqlError, DockerError, InterruptedError
   */
  async query(sql: string): Promise<string> {
    const pieces: Buffer[] = [];
    await this.stream(sql, (piece) => pieces.push(piece));
    return textOf(Buffer.concat(pieces)).replace(/\n$/, "");
  }

  /** As `query`, for an answer of any length: `take` gets it in pieces. */
  stream(sql: string, take: (piece: Buffer) => void): Promise<void> {
    if (this.#waiting !== null) throw new Error("two questions at once");
    const marker = `end-${randomBytes(12).toString("hex")}`;
    return new Promise((resolve, reject) => {
      if (this.#end !== null) return reject(this.#end);
      this.#asked = true;
      this.#errors = "";
      this.#waiting = { end: Buffer.from(`${marker}\n`), take, resolve, reject };
      const question = bytesOf(`${sql}\n;\n\\echo ${marker}\n`);
      void this.#started.then(() => this.#child?.stdin.write(question));
    });
  }

  /**
   * As `query`, for one statement whose error does not end the session. `before` and `after` run whether it succeeds or
   * not.
   * @returns its output, or its error.
   */
  async attempt(statement: string, before = "", after = ""): Promise<string | PsqlError> {
    const marker = `state-${randomBytes(12).toString("hex")}`;
    const answer = await this.query(`${before}
\\set ON_ERROR_STOP off
${statement}
;
\\echo ${marker} :SQLSTATE :LAST_ERROR_MESSAGE
\\set ON_ERROR_STOP on
${after}`);
    const at = answer.lastIndexOf(marker);
    const [state = "", ...message] = answer.slice(at + marker.length + 1).split(" ");
    if (state === succeeded) return answer.slice(0, at).replace(/\n$/, "");
    const detail = `${message.join(" ").trim()} (${state})`;
    return new PsqlError("query", this.#server.place, detail, state);
  }

  /** As `query`, for SQL that returns one JSON document, checked against `schema`. */
  async queryJson<T>(schema: z.ZodMiniType<T>, sql: string): Promise<T> {
    return zod.parse(schema, JSON.parse(await this.query(sql)));
  }

  /** Ends the session (an open transaction is rolled back) and waits until it is gone. */
  async close(): Promise<void> {
    // A session without a query may still be connecting, to a container that hangs.
    if (!this.#asked) this.#closing.abort(runEnded());
    await this.#started;
    const child = this.#child;
    if (this.#end === null && child !== null) {
      const closed = once(child, "close");
      child.stdin.end();
      if (!this.#asked) child.kill("SIGKILL");
      await closed;
    }
    // Not earlier: a container that hangs would never end the session.
    this.#server.signal?.removeEventListener("abort", this.#abort);
  }

  readonly #abort = (): void => {
    this.#child?.kill("SIGKILL");
  };

  #take(chunk: Buffer): void {
    const output = Buffer.concat([this.#output, chunk]);
    const waiting = this.#waiting;
    const end = waiting?.end.length ?? 0;
    const before = output.subarray(0, Math.max(0, output.length - end));
    this.#output = output.subarray(before.length);
    if (waiting === null) return;
    if (before.length > 0) waiting.take(before);
    if (!this.#output.equals(waiting.end)) return;
    this.#output = Buffer.alloc(0);
    this.#waiting = null;
    this.#answered = true;
    waiting.resolve();
  }

  #reason(code: number): Error {
    const { database, place, signal } = this.#server;
    if (signal?.aborted) return endedBy(signal);
    const failure = dockerFailure(database.container, this.#errors);
    return failure ?? psqlError(place, code, this.#errors, this.#answered);
  }

  #finish(error: Error): void {
    this.#end ??= error;
    this.#waiting?.reject(this.#end);
    this.#waiting = null;
  }
}
