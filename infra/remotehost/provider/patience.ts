import { setTimeout as wait } from "node:timers/promises";

// Milliseconds without another call after which no more calls are expected from the engine.
const quiet = 750;
// The longest delay of a failure, in milliseconds.
const longestWait = 15 * 60_000;

/**
 * The engine begins nothing new after a failure. So that a problem of one server does not stop the others, a failure is
 * held back until all other calls have ended.
 */
export class Patience {
  #working = 0;
  #lastSeen = Date.now();

  /** Does the work of one call; its failure is held back when `holdsBack`. */
  async during<Result>(work: () => Promise<Result>, holdsBack: boolean): Promise<Result> {
    this.#working += 1;
    this.#lastSeen = Date.now();
    let outcome: { result: Result } | { error: unknown };
    try {
      outcome = { result: await work() };
    } catch (error) {
      outcome = { error };
    }
    this.#working -= 1;
    this.#lastSeen = Date.now();
    if ("result" in outcome) return outcome.result;
    if (holdsBack) await this.#others();
    throw outcome.error;
  }

  async #others(): Promise<void> {
    const end = Date.now() + longestWait;
    while (Date.now() < end && (this.#working > 0 || Date.now() - this.#lastSeen < quiet)) await wait(50);
  }
}
