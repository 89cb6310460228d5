import { readFileSync, rmSync } from "node:fs";

/** Milliseconds between two looks for the id of a process that is being started. */
const betweenLooks = 50;

/** The process of the Pulumi CLI while one of its commands runs, so that it can be interrupted. */
export class CliProcess {
  readonly #file: string;
  /** Resolves when the CLI has ended, whether it was awaited or not. */
  #ended: Promise<unknown> = Promise.resolve();
  #isUnderWay = false;
  /** Whether the next request to stop is ignored. */
  #isSpared = false;

  /** @param file for the process id: infra/pulumi-cli/own-session/bin/pulumi writes it to PULUMI_PROCESS_FILE */
  constructor(file: string) {
    this.#file = file;
  }

  /** Does `work`, which runs commands of the CLI. */
  during<T>(work: () => Promise<T>): Promise<T> {
    this.#isUnderWay = true;
    const result = work().finally(() => {
      this.#isUnderWay = false;
      this.forget();
    });
    this.#ended = result.catch(() => {});
    return result;
  }

  /** Does `work` and ignores the first request to stop. */
  sparing<T>(work: () => Promise<T>): Promise<T> {
    return this.during(async () => {
      this.#isSpared = true;
      try {
        return await work();
      } finally {
        this.#isSpared = false;
      }
    });
  }

  /** Waits until the latest work has ended. */
  async ended(): Promise<void> {
    await this.#ended;
  }

  /** Removes the process id, which may soon be reused. */
  forget(): void {
    rmSync(this.#file, { force: true });
  }

  /** Asks the running CLI, if any, to stop: the first time gracefully, the second time at once. */
  interrupt(): void {
    if (this.#isSpared) {
      this.#isSpared = false;
      return;
    }
    // The process id is unknown while the CLI is starting, and between two of its commands.
    if (this.#isUnderWay && !this.#signal()) setTimeout(() => this.interrupt(), betweenLooks).unref();
  }

  /** Whether there was a process to signal. */
  #signal(): boolean {
    try {
      const id = processIn(readFileSync(this.#file, "utf8"));
      return id !== null && process.kill(id, "SIGINT");
    } catch {
      return false;
    }
  }
}

/**
 * The process id in a file that may be half written; never 0, because a signal to 0 would reach the whole process
 * group.
 */
export function processIn(text: string): number | null {
  const id = /^(?<id>[1-9]\d*)\n$/.exec(text)?.groups?.id;
  return id === undefined ? null : Number(id);
}
