import type { Connection } from "../remotehost/connection.ts";
import { RemoteHostError } from "../remotehost/errors.ts";
import { type Found, hasPath, OpenServer, type Placed } from "../remotehost/looking.ts";
import { probeOf } from "../requirements/examiner.ts";
import type { Requirements } from "../requirements/requirements.ts";
import type { ResourceEvent } from "./resource-events.ts";

/** A server to look at. */
export interface LookRequest {
  connection: Connection;
  /** `PROJECT/STACK`. */
  stack: string;
  /** Given if the readiness of the server is in question. */
  requirements: Requirements | null;
  events: readonly ResourceEvent[];
}

/** The result of a look: each resource by its URN, and the server's problems; or why the look failed. */
export type ServerLook =
  | { reached: true; problems: string[]; looks: Map<string, Found> }
  | { reached: false; problems: string[] };

/** Looks at one server in one login, and changes nothing there. Never fails. */
export async function lookAtServer(
  { connection, stack, requirements, events }: LookRequest,
  progress: (text: string) => void,
): Promise<ServerLook> {
  const server = new OpenServer(connection, progress);
  try {
    const examined = requirements === null ? null : await server.examine(stack, probeOf(requirements));
    if (examined?.isSeen === false) return { reached: false, problems: [] };
    const placed = events.filter(({ type }) => hasPath(type));
    const found = await server.look(stack, placed.map(placedAs));
    const looks = new Map(
      placed.flatMap(({ urn }, index): [string, Found][] => {
        const look = found[index];
        return look === undefined ? [] : [[urn, look]];
      }),
    );
    return { reached: true, problems: examined?.problems ?? [], looks };
  } catch (error) {
    if (!(error instanceof RemoteHostError)) throw error;
    return { reached: false, problems: [error.message] };
  }
}

/** The deployed path; if it was never deployed, the desired path. */
function placedAs({ deployedUrn, type, before, desired, state }: ResourceEvent): Placed {
  return { urn: deployedUrn, type, path: String(before?.path ?? desired?.path), state };
}
