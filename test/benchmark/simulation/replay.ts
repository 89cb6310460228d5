import { remoteLoop } from "../../../infra/remotehost/provider/ssh/remote-loop.ts";
import type { Answer, Recording } from "./recording.ts";
import { type Request, RequestDecoder } from "./request-decoder.ts";
import type { SessionHandler } from "./ssh-connection.ts";
import { markerIn } from "./transcript.ts";

/** The answer to a request that was recorded. @throws Error for every other one, and for one that brings bytes to write */
export function answerTo({ answers }: Recording, { script, input }: Request): Answer {
  const answer = answers.find((one) => one.script === script);
  if (answer === undefined || input !== null)
    throw new Error(`no answer was recorded for this request:\n${script}`);
  return answer;
}

/** A line of the loop, and what comes after it. */
function said(marker: string, words: readonly (string | number)[], ...rest: string[]): Buffer {
  return Buffer.from(`\n${[marker, ...words].join(" ")}\n${rest.join("")}`);
}

/** What the loop of a real server says when a script has ended. */
export const answerText = (marker: string, { code, stdout, stderr }: Answer): Buffer =>
  said(marker, ["answer", code, Buffer.byteLength(stdout), Buffer.byteLength(stderr)], stdout, stderr);

export interface Clock {
  /** Lets `act` happen so many seconds from now. */
  after(seconds: number, act: () => void): void;
}

/**
 * One login at a server that answers as it was recorded, each time as long after the request as the real one did. Speaks
 * with the plugin that this checkout has. @throws Error in `start` and `push`, where a real server would do something else
 */
export class ReplayedSession implements SessionHandler {
  readonly #recording: Recording;
  readonly #clock: Clock;
  readonly #requests = new RequestDecoder();
  #programs: Buffer = Buffer.alloc(0);
  #command = "";
  #marker: string | null = null;
  #write: (bytes: Buffer) => void = () => {};
  /** Answers to requests that have arrived and are not answered yet; the server works on the first. */
  readonly #due: Answer[] = [];

  constructor(recording: Recording, clock: Clock) {
    this.#recording = recording;
    this.#clock = clock;
  }

  start(command: string, write: (bytes: Buffer) => void): void {
    this.#command = command;
    this.#write = write;
  }

  push(bytes: Buffer): void {
    if (this.#marker !== null) {
      this.#answer(bytes);
      return;
    }
    this.#programs = Buffer.concat([this.#programs, bytes]);
    const marker = markerIn(this.#programs.toString());
    if (marker === null) return;
    const { command, programs } = remoteLoop(marker);
    const length = Buffer.byteLength(programs);
    if (this.#programs.length < length) return;
    if (this.#command !== command || this.#programs.toString("utf8", 0, length) !== programs)
      throw new Error("the plugin starts another program than this checkout's");
    this.#marker = marker;
    this.#greet(marker);
    this.#answer(this.#programs.subarray(length));
  }

  #greet(marker: string): void {
    const { machine, loginSeconds, readySeconds } = this.#recording;
    const { user, architecture, kernel, id } = machine;
    this.#clock.after(loginSeconds, () => {
      this.#write(said(marker, ["login", 0, user]));
      this.#clock.after(readySeconds, () => this.#write(said(marker, ["ready", architecture, kernel, id])));
    });
  }

  #answer(bytes: Buffer): void {
    const marker = this.#marker ?? "";
    for (const request of this.#requests.push(bytes)) {
      if (this.#due.push(answerTo(this.#recording, request)) === 1) this.#work(marker);
    }
  }

  #work(marker: string): void {
    const [answer] = this.#due;
    if (answer === undefined) return;
    this.#clock.after(answer.seconds, () => {
      this.#write(answerText(marker, answer));
      this.#due.shift();
      this.#work(marker);
    });
  }
}
