import { constants } from "node:os";

/** The effect of a signal at a moment of the deployment. */
export interface Stage {
  /** Printed at the first signal; empty if the end follows at once. */
  first: string;
  onFirst: () => void;
  /** At each further one. */
  onAgain: () => void;
}

const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** Ctrl-C and other signals: the first ends the deployment gracefully, the second at once. */
export class Interruptions {
  readonly #abort = new AbortController();
  readonly #say: (line: string) => void;
  #count = 0;
  stage: Stage = { first: "", onFirst: () => {}, onAgain: () => {} };

  constructor(say: (line: string) => void) {
    this.#say = say;
    for (const signal of signals) process.on(signal, () => this.#receive(signal));
  }

  /** Aborted by the first signal. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  #receive(signal: (typeof signals)[number]): void {
    this.#count += 1;
    if (this.#count === 1) {
      this.stage.onFirst();
      if (this.stage.first !== "") this.#say(this.stage.first);
      this.#abort.abort();
    } else this.stage.onAgain();
    // A third Ctrl-C exits at once, whatever the cost.
    if (this.#count > 2) process.exit(128 + constants.signals[signal]);
  }
}

/** The result of `work`. Rejects with `reason` as soon as the signal is aborted. */
export async function orAborted<T>(work: Promise<T>, signal: AbortSignal, reason: () => Error): Promise<T> {
  if (signal.aborted) {
    // Its result is no longer needed.
    work.catch(() => {});
    throw reason();
  }
  const aborted = Promise.withResolvers<never>();
  const abort = () => aborted.reject(reason());
  signal.addEventListener("abort", abort, { once: true });
  try {
    return await Promise.race([work, aborted.promise]);
  } finally {
    signal.removeEventListener("abort", abort);
  }
}
