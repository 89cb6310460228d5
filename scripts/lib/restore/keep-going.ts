import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { type DumpPart, DumpParts } from "../archive/dump-parts.ts";
import { LoadFailure, type LoadingPsql, type LoadPlace, startLoading } from "../archive/load.ts";
import { type LoadError, loadErrors, readable } from "../archive/load-errors.ts";
import { viewFilledBy } from "../archive/withheld-refreshes.ts";
import { silencing } from "../postgres/event-triggers.ts";
import { identifier } from "../postgres/sql.ts";
import { exitDescription } from "../system/child.ts";
import { dockerFailure } from "../system/docker.ts";
import { type DumpEntry, EntryReader, functionIdentity } from "./dump-entries.ts";
import { cureOf, type LoadProblem } from "./load-cures.ts";
import { failedText } from "./load-report.ts";

/** A statement of a dump that failed. */
export interface NotLoaded {
  /** `the index public.clients_by_name could not be made`; null where the dump does not name it. */
  object: string | null;
  sqlState: string | null;
  message: string;
  cure: string | null;
}

/** The parts of a dump that could not be loaded. */
export class NotLoadedList {
  readonly first: NotLoaded[] = [];
  count = 0;

  add(problem: LoadProblem): void {
    const { entry, error } = problem;
    // Errors after the first one in a transaction add nothing.
    if (error.sqlState === "25P02") return;
    this.count += 1;
    if (this.first.length >= mostKept) return;
    const object = entry === null ? null : failedText(entry);
    const empty = entry?.type === "TABLE DATA" ? "; that table is empty" : "";
    const { message, sqlState } = error;
    this.first.push({ object, sqlState, message: `${message}${empty}`, cure: cureOf(problem) });
  }
}

const mostKept = 1_000;

/**
 * The settings at the head of a dump, before its first object. No other text of the file reaches an unconfined psql.
 */
const headSetting =
  /^(?:SET \w+ = (?:'[^'\\]*'|[\w.+-]+)|SELECT pg_catalog\.set_config\('search_path', '[^'\\]*', (?:true|false)\));$/;
/** Settings in the middle of a dump, for the objects after them. */
const standing = /^SET (?<name>default_tablespace|default_table_access_method|default_with_oids) = /;
const ownRestriction = /^\\(?:un)?restrict /;
const writtenAtOnce = 65_536;
/** psql's normal exit statuses: 0, and 3 after it stopped at an error. Any other status means that it was ended. */
const readToItsEnd: readonly number[] = [0, 3];
const messagesAtOnce = 262_144;

/**
 * Loads all parts of a dump that can be loaded, and continues after each error. The rows of each table get a psql of
 * their own that stops at its first error: a psql that continued after a failed COPY would read rows as statements.
 */
export class KeepGoing {
  readonly failed = new NotLoadedList();
  readonly #parts = new DumpParts();
  readonly #entries = new EntryReader();
  readonly #functions = new Map<string, string>();
  readonly #place: LoadPlace;
  readonly #confines: boolean;
  /** Every psql begins with the settings that the server accepts. */
  readonly #head: string[] = [];
  readonly #untriedHead: string[] = [];
  readonly #standing = new Map<string, string>();
  #psql: Running | null = null;
  /** Statements that fill materialized views. The dump makes its event triggers first, and they must not fire. */
  readonly #refreshes: { statement: string; entry: DumpEntry }[] = [];

  /** @param confines whether this psql supports `\restrict`. */
  constructor(place: LoadPlace, confines: boolean) {
    this.#place = place;
    this.#confines = confines;
  }

  /** @throws LoadFailure if psql ends for another reason than a statement's error; DockerError, InterruptedError */
  async take(text: string): Promise<void> {
    for (const part of this.#parts.take(text)) await this.#takers[part.kind](part.text);
  }

  /** @throws as `take` */
  async end(): Promise<void> {
    await this.#close();
    if (this.#refreshes.length === 0) return;
    await this.#tryHead();
    // Our own statements and plain settings are not restricted, because they use psql variables.
    const psql = this.#run(false, [...this.#head, "SET search_path = '';", ...silencing.trim().split("\n")]);
    for (const { entry, statement } of this.#refreshes)
      for (const line of ["BEGIN;", ":silence", statement, ":unsilence", "COMMIT;"])
        await psql.line(line, entry);
    await psql.end();
  }

  readonly #takers: Record<DumpPart["kind"], (text: string) => Promise<void>> = {
    line: async (line) => {
      this.#entries.take(line);
      if (ownRestriction.test(line)) return;
      const { current } = this.#entries;
      if (current === null && headSetting.test(line)) {
        this.#untriedHead.push(line);
        return;
      }
      const view = current?.type === "MATERIALIZED VIEW DATA" ? viewFilledBy(line) : null;
      if (current !== null && view !== null) {
        const statement = `REFRESH MATERIALIZED VIEW ${identifier(view.schema)}.${identifier(view.name)};`;
        this.#refreshes.push({ statement, entry: current });
        return;
      }
      if (current?.type === "FUNCTION") this.#functions.set(bareName(current), functionIdentity(current));
      const { name } = standing.exec(line)?.groups ?? {};
      if (name !== undefined) this.#standing.set(name, line);
      // Usually nothing else lies between the rows of two tables.
      if (this.#psql === null && (line === "" || line.startsWith("--"))) return;
      this.#psql ??= await this.#start(false);
      await this.#psql.line(line, current);
    },
    copy: async (line) => {
      await this.#close();
      this.#psql = await this.#start(true);
      await this.#psql.line(line, this.#entries.current);
    },
    rows: async (rows) => this.#psql?.write(rows),
    end: async (line) => {
      await this.#psql?.line(line, this.#entries.current);
      await this.#close();
    },
  };

  async #start(stops: boolean): Promise<Running> {
    await this.#tryHead();
    return this.#run(stops, [...this.#restriction(), ...this.#head, ...this.#standing.values()]);
  }

  #run(stops: boolean, preamble: readonly string[]): Running {
    return new Running(this.#place, stops, preamble, (error, entry) => {
      const functions = error.functions.flatMap((name) => this.#functions.get(name) ?? []);
      this.failed.add({ error, entry, functions });
    });
  }

  #restriction(): string[] {
    return this.#confines ? [`\\restrict ${randomBytes(16).toString("hex")}`] : [];
  }

  /** A setting of a newer server that this server does not know would end each psql that stops at its first error. */
  async #tryHead(): Promise<void> {
    const tried = this.#untriedHead.splice(0);
    if (tried.length === 0) return;
    const before = [...this.#restriction(), ...this.#head];
    const refused = new Set<string | undefined>();
    const psql = new Running(this.#place, false, [...before, ...tried], (error) => {
      if (error.line !== null) refused.add(tried[error.line - 1 - before.length]);
      this.failed.add({ error, entry: null, functions: [] });
    });
    await psql.end();
    this.#head.push(...tried.filter((line) => !refused.has(line)));
  }

  async #close(): Promise<void> {
    const psql = this.#psql;
    this.#psql = null;
    await psql?.end();
  }
}

const bareName = ({ name }: DumpEntry): string => name.replace(/\(.*$/s, "");

/** One psql, its input, and its errors. */
class Running {
  readonly #place: LoadPlace;
  readonly #psql: LoadingPsql;
  readonly #failed: (error: LoadError, entry: DumpEntry | null) => void;
  /** The first line of each object. */
  readonly #marks: { line: number; entry: DumpEntry | null }[] = [];
  #lines = 0;
  #held: string[] = [];
  #heldLength = 0;
  #words = "";
  #ended = false;

  constructor(
    place: LoadPlace,
    stops: boolean,
    preamble: readonly string[],
    failed: (error: LoadError, entry: DumpEntry | null) => void,
  ) {
    this.#place = place;
    this.#failed = failed;
    this.#psql = startLoading(place, stops, null, (words) => this.#hear(words));
    // The exit status reports a broken pipe.
    this.#psql.stdin.on("error", () => {});
    const over = () => {
      this.#ended = true;
    };
    this.#psql.ended.then(over, over);
    for (const line of preamble) this.#hold(`${line}\n`);
    this.#lines = preamble.length;
  }

  async line(text: string, entry: DumpEntry | null): Promise<void> {
    this.#lines += 1;
    if (this.#marks.at(-1)?.entry !== entry) this.#marks.push({ line: this.#lines, entry });
    await this.write(`${text}\n`);
  }

  async write(text: string): Promise<void> {
    this.#hold(text);
    if (this.#heldLength >= writtenAtOnce) await this.#flush();
  }

  async end(): Promise<void> {
    await this.#flush();
    this.#psql.stdin.end();
    let status: number;
    try {
      status = (await this.#psql.ended).status;
    } catch (error) {
      this.#place.signal.throwIfAborted();
      throw error;
    }
    this.#place.signal.throwIfAborted();
    const failure = status === 0 ? null : dockerFailure(this.#place.server.container, this.#words);
    if (failure !== null) throw failure;
    const errors = loadErrors(this.#words);
    if (!readToItsEnd.includes(status)) {
      const error = errors.find(({ sqlState }) => sqlState !== null) ?? errors[0] ?? null;
      throw new LoadFailure(
        error,
        error?.message ?? (readable(this.#words).trim() || exitDescription("psql", status)),
      );
    }
    this.#tell(errors);
  }

  #hold(text: string): void {
    this.#held.push(text);
    this.#heldLength += text.length;
  }

  async #flush(): Promise<void> {
    const bytes = Buffer.from(this.#held.join(""), "latin1");
    this.#held = [];
    this.#heldLength = 0;
    if (this.#ended || this.#psql.stdin.write(bytes)) return;
    // A psql that has ended takes no more input.
    await Promise.race([once(this.#psql.stdin, "drain"), this.#psql.ended]).catch(() => {});
  }

  /** Messages are passed on as they come: there may be more than memory holds. The last one may be incomplete. */
  #hear(words: string): void {
    this.#words += words;
    const last = this.#words.length > messagesAtOnce ? this.#words.lastIndexOf("\npsql:") : -1;
    if (last < 0) return;
    this.#tell(loadErrors(this.#words.slice(0, last + 1)));
    this.#words = this.#words.slice(last + 1);
  }

  #tell(errors: readonly LoadError[]): void {
    for (const error of errors) {
      const { line } = error;
      const mark = line === null ? undefined : this.#marks.findLast((each) => each.line <= line);
      this.#failed(error, mark?.entry ?? null);
    }
  }
}
