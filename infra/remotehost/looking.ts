import { quote } from "../../scripts/contract/quoting.ts";
import type { Connection } from "./connection.ts";
import type { Probe } from "./examiner.ts";
import { cronTable } from "./provider/cron-table/resource.ts";
import { directory } from "./provider/directory/resource.ts";
import { file } from "./provider/file/resource.ts";
import { examine } from "./provider/readiness/examination.ts";
import type { PathRecord } from "./provider/records.ts";
import type { RemoteResource } from "./provider/resource.ts";
import { connectionSchema } from "./provider/schema.ts";
import { Server } from "./provider/server.ts";
import { type Properties, wrap } from "./provider/wire.ts";

/**
 * Looking at servers with the plugin's own eyes, outside of a run of Pulumi: by the same logins and with the same
 * records. Nothing outside of this folder imports provider/: it shows itself here, in examiner.ts and in plugin.ts.
 */

export { stateDirectory } from "./provider/records.ts";
export { closeSessions } from "./provider/ssh/session-pool.ts";
export { unknownValue } from "./provider/wire.ts";

/** Problems and notes of a server, each a sentence. */
interface Examined<Facts> {
  problems: string[];
  notes: string[];
  facts: Facts;
  /** Whether the server's records and paths could be looked at. */
  isSeen: boolean;
}

/** A resource as known outside the plugin. */
export interface Placed {
  /** Under which it was deployed. */
  urn: string;
  /** `remotehost:index:File`, … */
  type: string;
  path: string;
  /** The outputs in the state; null if it was never deployed. */
  state: Properties | null;
}

/** The same resource as the server shows it. */
export interface Found {
  /** The inputs that would have led to it; null if it is gone, undefined if the state does not say what to read. */
  found: Properties | null | undefined;
  /** The server's record of the path. */
  record: PathRecord | null;
  isAbsent: boolean;
  /** When the path was last changed, its permissions included. */
  changedAt: Date | null;
}

const readers: Readonly<Record<string, RemoteResource>> = {
  "remotehost:index:CronTable": cronTable,
  "remotehost:index:Directory": directory,
  "remotehost:index:File": file,
};

/** Whether resources of this type lie at a path. */
export const hasPath = (type: string): boolean => readers[type] !== undefined;

/** One server, over one login. Everything may throw a RemoteHostError. */
export class OpenServer {
  readonly connection: Connection;
  readonly #server: Server;

  /** @param tell is told how far a login has come */
  constructor(connection: Connection, tell: (text: string) => void) {
    this.connection = connection;
    this.#server = new Server(connection, tell);
  }

  /** @throws ConnectError */
  async login(): Promise<void> {
    await this.#server.session();
  }

  /** Runs a script that changes nothing, and returns its output. @param what names the failed action in the error */
  ask(script: string, what: string): Promise<string> {
    return this.#server.ask(script, what);
  }

  /** Runs a script, once. */
  async run(script: string): Promise<{ code: number; stdout: string; stderr: string }> {
    const { code, stdout, stderr } = await (await this.#server.session()).run(script);
    return { code, stdout: stdout.toString(), stderr };
  }

  /** Looks at it against its requirements. Never fails. @param stack `PROJECT/STACK`, whose the machine may be */
  async examine<Facts extends object>(stack: string, probe: Probe<Facts>): Promise<Examined<Facts>> {
    const { machine, problems, notes, facts } = await examine(this.#server, stack, probe);
    const isSeen = machine !== null && (await this.#server.blindness()) === null;
    return { problems, notes, facts, isSeen };
  }

  /** Looks at resources that have a path, in their order. */
  async look(stack: string, resources: readonly Placed[]): Promise<Found[]> {
    const times = await this.#changeTimes(resources.map(({ path }) => path));
    return Promise.all(
      resources.map(async (resource, index) => ({
        ...(await this.#lookAt(stack, resource)),
        changedAt: times[index] ?? null,
      })),
    );
  }

  async #lookAt(stack: string, { urn, type, path, state }: Placed): Promise<Omit<Found, "changedAt">> {
    // Whoever only looks replaces nothing and sends nothing.
    const nothing = { replaced: { directory: "", usual: "" }, cache: "", tell() {}, progress() {} };
    const context = { urn, stack, formerStack: null, server: this.#server, ...nothing };
    const [{ observation }, reading] = await Promise.all([
      this.#server.look(path, "never"),
      state && readers[type]?.read(context, state),
    ]);
    const { found, record } = observation;
    return {
      found: state === null ? undefined : reading ? wrap(reading.inputs) : null,
      record,
      isAbsent: found.kind === "absent",
    };
  }

  /** Null for a path that does not exist. */
  async #changeTimes(paths: readonly string[]): Promise<(Date | null)[]> {
    const lines = paths.map((path) => `echo "$(stat -c %Z -- ${quote(path)} 2>/dev/null)"`);
    const output = await this.ask(lines.join("\n"), "looking at the times of changes failed");
    return output.split("\n").map((line) => (/^\d+$/.test(line) ? new Date(Number(line) * 1000) : null));
  }
}

/** The connection among a resource's inputs; null if there is none. */
export function connectionIn(
  inputs: Readonly<Record<string, unknown>> | null | undefined,
): Connection | null {
  const connection = connectionSchema.safeParse(inputs?.connection);
  return connection.success ? connection.data : null;
}
