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

/** Who may own the machine: this stack, and one that hands it over; each `PROJECT/STACK`. */
export interface Owners {
  stack: string;
  formerStack: string | null;
  replaced: Replaced;
}

/** One path, and what else a plan for it may need to know. */
export interface Observed {
  observation: Observation;
  /** root's own crontab, a character a byte; null where there is none. */
  crontab: string | null;
  /** Directories on the way to what was looked at into which everybody may write, by path, with their modes. */
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
  /** Nobody owned the machine when all of it was looked at. */
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

  /** For the reads of a refresh: the first asks for all that the server's records name, the others use its answer. */
  async read(path: string, content: ContentRequest): Promise<Observed> {
    const snapshot = await this.#lookAtEverything();
    const observation = snapshot.observations.get(path);
    if (!observation) return await this.look(path, content);
    return { observation, crontab: snapshot.crontab, open: snapshot.open };
  }

  /** Looks now, together with whatever else is asked for in the same moment. */
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
   * On a machine that nobody had deployed to, what this process has not met yet is presumed absent. A plan may rest on
   * that instead of on a look, because its script makes sure; null where there is nothing to presume.
   */
  presumedAbsent(path: string): Observed | null {
    if (!this.#isNew || this.#met.has(path)) return null;
    const observation: Observation = { path, found: { kind: "absent" }, record: null };
    return { observation, crontab: null, open: new Map() };
  }

  /**
   * Carries a plan out, if everything is still as it was observed.
   * @returns what the script printed, or null where something had changed and nothing was done.
   * @throws ConflictError for a machine of another stack or one where somebody else is deploying.
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

  /** Why the server's records and paths cannot be looked at; null when they can. */
  async blindness(): Promise<string | null> {
    return this.#lookAtEverything().then(
      () => null,
      (error: Error) => error.message,
    );
  }

  /** Keeps why the state of something could not be read: nobody may take what is in the state for what is there. */
  couldNotRead(problem: string): void {
    this.#unread.add(problem);
  }

  /** Every problem that kept a read of this process from its answer. */
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

/** Where a script that went wrong later had put what it found: nobody else would say so. */
function afterKeeping({ stdout }: RemoteResult): string {
  const kept = stdout
    .toString()
    .split("\n")
    .filter((line) => line.startsWith("kept "))
    .map((line) => line.slice("kept ".length));
  return kept.length === 0 ? "" : ` after what was there had been kept as ${kept.join(" and ")}`;
}
