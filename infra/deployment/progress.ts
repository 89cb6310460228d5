import { performance } from "node:perf_hooks";
import { formatDuration } from "../../scripts/contract/shown.ts";

/** A part of the deployment and how long it took, in seconds. */
export interface Phase {
  title: string;
  seconds: number;
}

/** The place where progress is shown. */
export interface Screen {
  write(text: string): unknown;
  isTTY?: boolean;
  columns?: number;
}

const quietMilliseconds = 10_000;
const frameMilliseconds = 200;

/**
 * Shows the present phase and its duration: on a terminal in one changing line, else in a line at the beginning of each
 * phase, one every ten seconds, and one at its end.
 */
export class Progress {
  readonly phases: Phase[] = [];
  readonly #screen: Screen;
  #detail = "";
  #title = "";
  #quiet = false;

  constructor(screen: Screen) {
    this.#screen = screen;
  }

  /** A line that stays. */
  say(line: string): void {
    this.#clear();
    this.#screen.write(`${line}\n`);
  }

  /** The present work of the phase. */
  detail(text: string): void {
    this.#detail = text;
  }

  /** Shows nothing while a prompt is shown. */
  async quietly<T>(work: () => Promise<T>): Promise<T> {
    this.#clear();
    this.#quiet = true;
    try {
      return await work();
    } finally {
      this.#quiet = false;
    }
  }

  async phase<T>(title: string, work: () => Promise<T>): Promise<T> {
    const began = performance.now();
    const seconds = () => (performance.now() - began) / 1000;
    this.#title = title;
    this.#detail = "";
    const terminal = this.#screen.isTTY === true;
    if (!terminal) this.#screen.write(`${title} …\n`);
    const timer = setInterval(
      () => this.#show(seconds(), terminal),
      terminal ? frameMilliseconds : quietMilliseconds,
    );
    try {
      return await work();
    } finally {
      clearInterval(timer);
      this.#clear();
      this.phases.push({ title, seconds: seconds() });
      if (terminal) this.#screen.write(`${title}: ${formatDuration(seconds())}\n`);
    }
  }

  #show(seconds: number, terminal: boolean): void {
    if (this.#quiet) return;
    const detail = this.#detail === "" ? "" : `: ${this.#detail}`;
    const line = `${this.#title} … ${formatDuration(seconds)}${detail}`;
    if (!terminal) this.#screen.write(`  ${line}\n`);
    else this.#screen.write(`\r\u001b[K${line.slice(0, (this.#screen.columns ?? 80) - 1)}`);
  }

  #clear(): void {
    if (this.#screen.isTTY === true) this.#screen.write("\r\u001b[K");
  }
}
