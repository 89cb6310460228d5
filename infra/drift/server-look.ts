import { quote } from "../../scripts/contract/quoting.ts";
import type { Connection } from "../remotehost/connection.ts";
import { RemoteHostError } from "../remotehost/errors.ts";
import { cronTable } from "../remotehost/provider/cron-table/resource.ts";
import { directory } from "../remotehost/provider/directory/resource.ts";
import { file } from "../remotehost/provider/file/resource.ts";
import { usualReplacedDirectory } from "../remotehost/provider/kept-things.ts";
import { examine } from "../remotehost/provider/readiness/examination.ts";
import type { RemoteResource } from "../remotehost/provider/resource.ts";
import { Server } from "../remotehost/provider/server.ts";
import { wrap } from "../remotehost/provider/wire.ts";
import type { Requirements } from "../remotehost/requirements.ts";
import type { Look } from "./judgement.ts";
import type { Sighting } from "./sightings.ts";

/** A server that is to be looked at. */
export interface LookRequest {
  connection: Connection;
  /** `PROJECT/STACK`. */
  stack: string;
  /** Given where it is in question whether the server is ready. */
  requirements: Requirements | null;
  sightings: readonly Sighting[];
}

/** What a server says: each resource by its URN, and what is wrong with the server; or why it says nothing. */
export type ServerLook =
  | { reached: true; problems: string[]; looks: Map<string, Look> }
  | { reached: false; problems: string[] };

const readers: Readonly<Record<string, RemoteResource>> = {
  "remotehost:index:CronTable": cronTable,
  "remotehost:index:Directory": directory,
  "remotehost:index:File": file,
};

/** Looks at one server in one login, with the provider's own eyes, and changes nothing there. Never fails. */
export async function lookAtServer(
  request: LookRequest,
  progress: (text: string) => void,
): Promise<ServerLook> {
  const server = new Server(request.connection, progress);
  try {
    const problems = await problemsOf(server, request);
    if (problems === null) return { reached: false, problems: [] };
    const placed = request.sightings.filter(({ type }) => readers[type] !== undefined);
    const times = await changeTimes(server, placed.map(pathOf));
    const looks = await Promise.all(
      placed.map(
        async (sighting, index): Promise<[string, Look]> => [
          sighting.urn,
          { ...(await look(server, request.stack, sighting)), changedAt: times[index] ?? null },
        ],
      ),
    );
    return { reached: true, problems, looks: new Map(looks) };
  } catch (error) {
    if (!(error instanceof RemoteHostError)) throw error;
    return { reached: false, problems: [error.message] };
  }
}

/** Null where the server cannot be looked at. */
async function problemsOf(server: Server, { stack, requirements }: LookRequest): Promise<string[] | null> {
  if (requirements === null) return [];
  const { machine, problems } = await examine(server, stack, requirements);
  return machine === null || (await server.blindness()) !== null ? null : problems;
}

async function look(server: Server, stack: string, sighting: Sighting): Promise<Omit<Look, "changedAt">> {
  const { deployedUrn: urn, state, type } = sighting;
  const context = {
    urn,
    stack,
    formerStack: null,
    replaced: usualReplacedDirectory,
    server,
    tell() {},
    progress() {},
  };
  const [{ observation }, reading] = await Promise.all([
    server.look(pathOf(sighting), "never"),
    state && readers[type]?.read(context, state),
  ]);
  const { found, record } = observation;
  return {
    found: state === null ? undefined : reading ? wrap(reading.inputs) : null,
    record,
    isAbsent: found.kind === "absent",
  };
}

/** When each path was last changed, its permissions included; null for one that is not there. */
async function changeTimes(server: Server, paths: readonly string[]): Promise<(Date | null)[]> {
  const lines = paths.map((path) => `echo "$(stat -c %Z -- ${quote(path)} 2>/dev/null)"`);
  const output = await server.ask(lines.join("\n"), "looking at the times of changes failed");
  return output.split("\n").map((line) => (/^\d+$/.test(line) ? new Date(Number(line) * 1000) : null));
}

/** Where the resource was deployed; where it never was, where it is to be. */
function pathOf({ before, wished }: Sighting): string {
  return String(before?.path ?? wished?.path);
}
