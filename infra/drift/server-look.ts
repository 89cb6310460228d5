import type { Connection } from "../remotehost/connection.ts";
import { RemoteHostError } from "../remotehost/errors.ts";
import { type Found, hasPath, OpenServer, type Placed } from "../remotehost/looking.ts";
import { probeOf } from "../requirements/examiner.ts";
import type { Requirements } from "../requirements/requirements.ts";
import type { ResourceEvent } from "./resource-events.ts";

/** A server that is to be looked at. */
export interface LookRequest {
  connection: Connection;
  /** `PROJECT/STACK`. */
  stack: string;
  /** Given where it is in question whether the server is ready. */
  requirements: Requirements | null;
  events: readonly ResourceEvent[];
}

/** What a server says: each resource by its URN, and what is wrong with the server; or why it says nothing. */
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

/** Where it was deployed; where it never was, where it is to be. */
function placedAs({ deployedUrn, type, before, desired, state }: ResourceEvent): Placed {
  return { urn: deployedUrn, type, path: String(before?.path ?? desired?.path), state };
}
