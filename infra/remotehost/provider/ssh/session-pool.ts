import { setTimeout as wait } from "node:timers/promises";
import type { Connection } from "../../connection.ts";
import { gate } from "./gate.ts";
import { logIn } from "./login.ts";
import { routeOf } from "./route.ts";
import { type Session, sessionOver } from "./session.ts";

/** Called with one sentence when a login is retried. */
export type Progress = (text: string) => void;

// By default sshd's MaxStartups begins to drop connections at ten that are not logged in yet. Separate servers do not
// share this limit, but logins through one jump host do. All logins share this machine, which must finish each in time.
const startsAtOnce = { unlimited: 8, perRoute: 8, together: 64 };
// Milliseconds before the second and later attempts of a login that sshd dropped.
const backOff = [500, 1000, 2000, 4000];
// Milliseconds for which a failed login is remembered, so that a dead server is not contacted once per resource.
const failureMemory = 15_000;

const sessions = new Map<string, Promise<Session>>();
let cancellation = new AbortController();
const throughGate = gate(routeOf, startsAtOnce);

/**
 * The session with a server: one per server (the connection without its key) and process, shared by all callers, and
 * opened again after it was lost. Throws ConnectError.
 */
export function openSession(connection: Connection, onProgress?: Progress): Promise<Session> {
  const server = serverOf(connection);
  const present = sessions.get(server);
  if (present !== undefined) return present;
  const opening = connect(connection, cancellation.signal, onProgress ?? (() => {}));
  sessions.set(server, opening);
  opening.then(
    (session) => session.over.then(() => forget(server, opening)),
    () => setTimeout(() => forget(server, opening), failureMemory).unref(),
  );
  return opening;
}

/** Ends all sessions of this process; resolves when its last ssh has ended. Logins under way fail as "closed". */
export async function closeSessions(): Promise<void> {
  const open = [...sessions.values()];
  sessions.clear();
  cancellation.abort();
  cancellation = new AbortController();
  await Promise.all(open.map((opening) => opening.then((session) => session.close()).catch(() => {})));
}

function forget(server: string, opening: Promise<Session>): void {
  if (sessions.get(server) === opening) sessions.delete(server);
}

/** Connections with the same text are the same login, whatever their keys. */
function serverOf({ key: _, ...address }: Connection): string {
  return JSON.stringify(Object.entries(address).sort(([a], [b]) => (a < b ? -1 : 1)));
}

async function connect(connection: Connection, signal: AbortSignal, onProgress: Progress): Promise<Session> {
  for (let attempt = 0; ; attempt += 1) {
    const outcome = await throughGate(connection, () => logIn(connection, signal));
    if (!("error" in outcome)) return sessionOver(connection, outcome);
    const pause = backOff[attempt];
    if (!outcome.retry || pause === undefined) throw outcome.error;
    onProgress(`${outcome.error.message} Attempt ${attempt + 2} of ${backOff.length + 1} follows.`);
    // Clients that were dropped together must not retry together. After an abort the next login ends at once.
    await wait(pause * (0.75 + Math.random() / 2), undefined, { signal }).catch(() => {});
  }
}
