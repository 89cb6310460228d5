import { setTimeout as wait } from "node:timers/promises";
import type { Connection } from "../connection.ts";
import { ConflictError, ConnectError, RemoteCommandError } from "../errors.ts";
import { changingScript, refusals } from "./changing-script.ts";
import type { Replaced } from "./kept-things.ts";
import {
  type ContentRequest,
  everythingScript,
  type Observation,
  parseSnapshot,
  pathsScript,
  type Snapshot,
} from "./observation.ts";
import { ownerAdvice } from "./records.ts";
import type { RequestInput } from "./ssh/frame.ts";
import type { RemoteResult, Session } from "./ssh/session.ts";
import { openSession } from "./ssh/session-pool.ts";
import { type Plan, renderExpectations, renderSteps } from "./steps.ts";

/** The possible owners of the machine: this stack, and one that hands it over; each `PROJECT/STACK`. */
export interface Owners {
  stack: string;
  formerStack: string | null;
  replaced: Replaced;
}

/** One path, and other facts that a plan for it may need. */
export interface Observed {
  observation: Observation;
  /** root's own crontab, one character per byte; null if there is none. */
  crontab: string | null;
  /** World-writable parent directories of the observed paths, by path, with their modes. */
  open: ReadonlyMap<string, string>;
}

// Milliseconds in which looks at several paths are gathered into one request.
const gathering = 3;
// Milliseconds for which the first look at everything answers the reads of a refresh.
const freshness = 60_000;

const strength: Record<ContentRequest, number> = { never: 0, changed: 1, always: 2 };

/** One server as the resources see it: paths to look at and plans to carry out, over one login. */
export class Server {
  readonly connection: Connection;
  readonly #progress: (text: string) => void;
  readonly #unread = new Set<string>();
  /** Paths that this process has looked at or tried to change. */
  readonly #met = new Set<string>();
  /** The machine had no owner when all of it was observed. */
  #isNew = false;
  #everything: { at: number; snapshot: Promise<Snapshot> } | null = null;
  #gathered: { requests: Map<string, ContentRequest>; snapshot: Promise<Snapshot> } | null = null;

  constructor(connection: Connection, progress: (text: string) => void) {
    this.connection = connection;
    this.#progress = progress;
  }

  session(): Promise<Session> {
    return openSession(this.connection, this.#progress);
  }

  /** For the reads of a refresh: the first observes all paths in the server's records, the others use its answer. */
  async read(path: string, content: ContentRequest): Promise<Observed> {
    const snapshot = await this.#lookAtEverything();
    const observation = snapshot.observations.get(path);
    if (!observation) return await this.look(path, content);
    return { observation, crontab: snapshot.crontab, open: snapshot.open };
  }

  /** Looks now, in one request with other looks of the same moment. */
  async look(path: string, content: ContentRequest): Promise<Observed> {
    this.#met.add(path);
    this.#gathered ??= this.#gather();
    const { requests, snapshot } = this.#gathered;
    const present = requests.get(path);
    if (!present || strength[present] < strength[content]) requests.set(path, content);
    const { observations, crontab, open } = await snapshot;
    const observation = observations.get(path);
    if (!observation)
      throw this.#failure(`looking at ${path} failed`, { code: 0, stderr: "no answer for it" });
    return { observation, crontab, open };
  }

  /**
   * On a machine without an owner, a path that this process has not looked at yet is presumed absent. A plan may use
   * that instead of a look, because its script checks it; null if nothing can be presumed.
   */
  presumedAbsent(path: string): Observed | null {
    if (!this.#isNew || this.#met.has(path)) return null;
    const observation: Observation = { path, found: { kind: "absent" }, record: null };
    return { observation, crontab: null, open: new Map() };
  }

  /**
   * Carries a plan out, if everything is unchanged since it was observed.
   * @returns the script's output, or null if something had changed and nothing was done.
   * @throws ConflictError for a machine of another stack, or during another deployment.
   */
  async carryOut(
    { stack, formerStack, replaced }: Owners,
    plan: Plan,
    observation: Observation,
    body?: RequestInput,
  ): Promise<string | null> {
    this.#everything = null;
    this.#met.add(observation.path);
    const script = changingScript(
      [stack, formerStack],
      replaced,
      renderExpectations([observation]),
      renderSteps(plan.steps, new Date()),
    );
    const writes = plan.steps.some((step) => step.do === "write");
    const session = await this.session();
    const result = await session.run(script, writes ? body : undefined);
    if (result.code === refusals.changedMeanwhile) return null;
    if (result.code === refusals.foreignOwner) throw this.#foreignOwner(result.stderr, stack);
    if (result.code === refusals.lockHeld) throw this.#locked();
    return this.#output(result, `changing ${observation.path} failed${afterKeeping(result)}`);
  }

  /** Runs a script that changes nothing; a connection that was lost meanwhile is opened again, once. */
  async ask(script: string, what: string): Promise<string> {
    const attempt = async () => (await this.session()).run(script);
    const result = await attempt().catch((error: unknown) => {
      if (error instanceof ConnectError && error.kind === "connection-lost") return attempt();
      throw error;
    });
    return this.#output(result, what);
  }

  /** Why the server's records and paths cannot be observed; null if they can. */
  async blindness(): Promise<string | null> {
    return this.#lookAtEverything().then(
      () => null,
      (error: Error) => error.message,
    );
  }

  /** Records why a resource could not be read: then the state must not be taken for the present situation. */
  couldNotRead(problem: string): void {
    this.#unread.add(problem);
  }

  /** All problems that made a read of this process fail. */
  unread(): string[] {
    return [...this.#unread];
  }

  #foreignOwner(owner: string, stack: string): ConflictError {
    return new ConflictError({
      host: this.connection.host,
      what: "nothing was changed on this machine",
      why: `it belongs to the stack ${owner}, and this is ${stack}`,
      next: ownerAdvice(owner),
      id: "[DBK-STACK-10]",
    });
  }

  #lookAtEverything(): Promise<Snapshot> {
    const now = Date.now();
    if (this.#everything && now - this.#everything.at < freshness) return this.#everything.snapshot;
    const snapshot = this.ask(everythingScript(), "looking at the server failed").then(parseSnapshot);
    this.#everything = { at: now, snapshot };
    snapshot.then(
      ({ owner }) => {
        this.#isNew = owner === null;
      },
      () => {},
    );
    return snapshot;
  }

  #gather(): { requests: Map<string, ContentRequest>; snapshot: Promise<Snapshot> } {
    const requests = new Map<string, ContentRequest>();
    const snapshot = wait(gathering).then(async () => {
      this.#gathered = null;
      return parseSnapshot(await this.ask(pathsScript(requests), "looking at the server failed"));
    });
    return { requests, snapshot };
  }

  #output(result: RemoteResult, what: string): string {
    if (result.code !== 0) throw this.#failure(what, result);
    return result.stdout.toString();
  }

  #failure(what: string, result: { code: number; stderr: string }): RemoteCommandError {
    const why = result.stderr.trim() || `the script ended with exit code ${result.code}`;
    const next = "Fix that on the server, then run the command again.";
    return new RemoteCommandError(
      { host: this.connection.host, what, why, next, id: "[DBK-CHANGE-5]" },
      result,
    );
  }

  #locked(): ConflictError {
    return new ConflictError({
      host: this.connection.host,
      what: "nothing was changed on this machine",
      why: "another deployment has held its lock for a minute",
      next: "Wait until the other deployment ends, then run the command again.",
      id: "[DBK-CHANGE-1]",
    });
  }
}

/** The kept files of a script that failed later: nothing else would report them. */
function afterKeeping({ stdout }: RemoteResult): string {
  const kept = stdout
    .toString()
    .split("\n")
    .filter((line) => line.startsWith("kept "))
    .map((line) => line.slice("kept ".length));
  return kept.length === 0 ? "" : ` after what was there had been kept as ${kept.join(" and ")}`;
}
