/**
 * The seam of channels: how a message reaches whoever is to know. `pingChannel` is the dead-man's switch. When a message
 * is sent, how often and what is done about one that did not arrive is a policy, apart from the channels: see ping.ts.
 * test/unit/scripts/notify/channel-suite.ts holds what each implementation has to keep of this contract.
 *
 * - `send` tries once and ends within ten seconds, sooner when its signal is aborted. It never throws.
 * - `delivered` is what the receiver has said, and nothing else.
 * - `again` is what another try may mend: no answer, a broken connection, a receiver that has failed or asks for time.
 * - `refused` is final: the same message would be refused again. A redirect is refused, because whoever answers there
 *   is not known.
 * - Neither a reason nor a name holds the address or anything else that opens the channel: the address is the secret.
 * - What the message says is data: nothing of it is taken for a command or for markup. What is too long is cut.
 */
export interface Channel {
  /** Which one it is, for the log. */
  readonly name: string;
  send(message: Message, signal: AbortSignal): Promise<Delivery>;
}

/** What reports: one job's success must not clear another one's failure. */
export type Job = "backup" | "rehearsal";

export interface Message extends Report {
  job: Job;
  /** What it is about, in the same words each time: no time and no run in it. */
  condition: string;
  /** That a run has begun, or how it ended. */
  state: "start" | "success" | "fail";
}

/** What a person reads there; nothing secret. */
export interface Report {
  /** One line. */
  title: string;
  lines: readonly string[];
}

/** What became of a message. Before `at` another try is of no use. */
export type Delivery =
  | { outcome: "delivered" }
  | { outcome: "again"; at: Date; reason: string }
  | { outcome: "refused"; reason: string };
