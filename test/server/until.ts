import { setTimeout as sleep } from "node:timers/promises";

const pauseMilliseconds = 200;
const attempts = 600;

/** Waits at least two minutes for a condition. @throws Error that names `what` */
export async function until(what: string, condition: () => Promise<boolean>): Promise<void> {
  for (let attempt = 0; !(await condition()); attempt += 1) {
    if (attempt === attempts) throw new Error(`in vain: ${what}`);
    await sleep(pauseMilliseconds);
  }
}
