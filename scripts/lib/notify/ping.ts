import { readFileSync } from "node:fs";
import type { Settings } from "../../contract/settings.ts";
import { messageOf } from "../base/errors.ts";
import type { Log } from "../program/log.ts";
import { interruptions } from "../program/program.ts";
import type { Channel, Delivery, Job, Message, Report } from "./channel.ts";
import { pingChannel } from "./ping-channel.ts";

/**
 * Reports of a run: its beginning and its end. A report never makes a run fail: one that does not arrive is a warning
 * in the log, which names only the host.
 */
export interface Ping {
  /** Reports, once, that the run has begun; does not wait. */
  start(): void;
  /** Reports the end and waits for delivery, twelve seconds at most; a signal ends the waiting. */
  end(result: "success" | "fail", report: Report): Promise<void>;
}

/** For runs without an address. */
export const silentPing: Ping = { start: () => {}, end: async () => {} };

/**
 * A run does not wait for a better moment. A report that may be sent again at once is sent again at once, this many
 * times in all.
 */
const attempts = 2;
/**
 * How long the end waits for a start that is under way. The end must not overtake it: it would look like another run's.
 */
const startMilliseconds = 2_000;

export function openPing({ monitoring, server }: Settings, log: Log, job: Job): Ping {
  const path = job === "backup" ? monitoring.pingUrlFile : (monitoring.rehearsalPingUrlFile ?? null);
  const base = path === null ? null : readAddress(path, log);
  if (base === null) return silentPing;
  const channel = pingChannel(base);
  const starting = new AbortController();
  const ending = new AbortController();
  let started: Promise<void> | null = null;

  const send = async (state: Message["state"], report: Report, signal: AbortSignal): Promise<void> => {
    const delivery = await deliver(channel, { job, condition: job, state, ...report }, signal);
    if (delivery.outcome === "delivered") return;
    const what = `the ping (${state}) to ${channel.name} did not arrive`;
    log.event("warning", null, `${what}: ${delivery.reason} [DBK-ALERT-1]`);
  };

  return {
    start: () => {
      started ??= send("start", { title: `${job} on ${server}`, lines: [] }, starting.signal);
    },
    end: async (result, report) => {
      const stop = () => {
        starting.abort();
        ending.abort();
      };
      for (const name of interruptions) process.once(name, stop);
      const patience = setTimeout(() => starting.abort(), startMilliseconds);
      await started;
      clearTimeout(patience);
      await send(result, report, ending.signal);
      for (const name of interruptions) process.off(name, stop);
    },
  };
}

async function deliver(channel: Channel, message: Message, signal: AbortSignal): Promise<Delivery> {
  for (let attempt = 1; ; attempt += 1) {
    const delivery = await channel.send(message, signal);
    const isTime = delivery.outcome === "again" && delivery.at.getTime() <= Date.now();
    if (!isTime || attempt === attempts || signal.aborted) return delivery;
  }
}

/** The address in the file, or null with a warning. The address is a secret, so no message contains it. */
function readAddress(path: string, log: Log): URL | null {
  const advice = "nothing is reported; run: pulumi up [DBK-ALERT-2]";
  try {
    const text = readFileSync(path, "utf8").trim();
    if (URL.canParse(text)) return new URL(text);
    log.event("warning", null, `${path} holds no address: ${advice}`);
  } catch (error) {
    log.event("warning", null, `the address to ping cannot be read: ${messageOf(error)}; ${advice}`);
  }
  return null;
}
