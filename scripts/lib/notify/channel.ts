/**
 * The seam of channels: how a message reaches the person on call. `pingChannel` is the dead-man's switch. When a
 * message is sent, how often, and what happens if it does not arrive is a policy outside the channels: see ping.ts.
 * Every implementation must pass test/unit/scripts/notify/channel-suite.ts, which tests this contract.
 *
 * - `send` tries once and ends within ten seconds, sooner when its signal is aborted. It never throws.
 * - `delivered` means that the receiver has confirmed it, and nothing else.
 * - `again` means that a retry may succeed: no answer, a broken connection, a receiver that has failed or asks for
 *   time.
 * - `refused` is final: the same message would be refused again. A redirect is refused, because its target is unknown.
 * - Neither a reason nor a name contains the address or another secret of the channel: the address is the secret.
 * - The message is data: no part of it is taken for a command or for markup. Text that is too long is cut.
 */
export interface Channel {
  /** The channel's name, for the log. */
  readonly name: string;
  send(message: Message, signal: AbortSignal): Promise<Delivery>;
}

/** The job that reports: one job's success must not clear another job's failure. */
export type Job = "backup" | "rehearsal";

export interface Message extends Report {
  job: Job;
  /** The subject, in the same words each time, without time or run. */
  condition: string;
  /** Whether a run has begun, or how it ended. */
  state: "start" | "success" | "fail";
}

/** The text for people; nothing secret. */
export interface Report {
  /** One line. */
  title: string;
  lines: readonly string[];
}

/** The fate of a message. A retry before `at` is useless. */
export type Delivery =
  | { outcome: "delivered" }
  | { outcome: "again"; at: Date; reason: string }
  | { outcome: "refused"; reason: string };
