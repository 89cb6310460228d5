import { cpus } from "node:os";
import type { SandboxServer } from "../../sandbox/sandbox-server.ts";
import type { Sample } from "../contest.ts";

/** The duration of some work. */
export async function timed(work: () => Promise<unknown>): Promise<Sample> {
  const started = performance.now();
  await work();
  return { seconds: (performance.now() - started) / 1000 };
}

/** The duration of some work, and its logins at a server. */
export async function timedWithLogins(server: SandboxServer, work: () => Promise<unknown>): Promise<Sample> {
  const before = await server.logins();
  const sample = await timed(work);
  return { ...sample, logins: (await server.logins()) - before };
}

/** The duration of some work, with the time of all processors of this machine, which is otherwise idle. */
export async function timedWithProcessors(work: () => Promise<unknown>): Promise<Sample> {
  const before = busySeconds();
  const sample = await timed(work);
  return { ...sample, cpuSeconds: busySeconds() - before };
}

function busySeconds(): number {
  const milliseconds = cpus().map(({ times }) => times.user + times.nice + times.sys + times.irq);
  return milliseconds.reduce((sum, one) => sum + one, 0) / 1000;
}
