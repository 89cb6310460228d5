import type { SandboxServer } from "../../sandbox/server.ts";
import type { Sample } from "../contest.ts";

/** What some work took. */
export async function timed(work: () => Promise<unknown>): Promise<Sample> {
  const started = performance.now();
  await work();
  return { seconds: (performance.now() - started) / 1000 };
}

/** What some work took, and how often it logged in at a server. */
export async function timedWithLogins(server: SandboxServer, work: () => Promise<unknown>): Promise<Sample> {
  const before = await server.logins();
  const sample = await timed(work);
  return { ...sample, logins: (await server.logins()) - before };
}
