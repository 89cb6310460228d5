import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import type { Settings } from "../../contract/settings.ts";
import { messageOf, systemCode } from "../base/errors.ts";
import type { Log } from "../program/log.ts";
import { interruptions } from "../program/program.ts";
import { post } from "./ping-request.ts";

/**
 * Reports of a run to the configured address, as a dead-man's switch takes them: ADDRESS/start, then ADDRESS or
 * ADDRESS/fail. No report makes a run fail: one that does not arrive is a warning in the log, which names the host
 * only.
 */
export interface Ping {
  /** Says, once, that the run has begun; does not wait. */
  start(): void;
  /**
   * Says how it ended and waits for that, twelve seconds at most; a signal ends the waiting.
   * @param text what a person reads there; nothing secret. It is cut at 10,000 bytes.
   */
  end(result: "success" | "fail", text: string): Promise<void>;
}

/** For runs that report to nobody. */
export const silentPing: Ping = { start: () => {}, end: async () => {} };

const longestText = 10_000;
/**
 * How long a start that is under way holds up the end, which must not overtake it: it would look like another run's.
 */
const startMilliseconds = 2_000;

const suffixes = { start: "/start", success: "", fail: "/fail" } as const;

/** One job's success must not clear another one's failure: each has its own address, or none. */
export type PingJob = "backup" | "rehearsal";

export function openPing({ monitoring }: Settings, log: Log, job: PingJob): Ping {
  const path = job === "backup" ? monitoring.pingUrlFile : (monitoring.rehearsalPingUrlFile ?? null);
  const base = path === null ? null : readAddress(path, log);
  if (base === null) return silentPing;
  // Tells this run's reports from those of another that is under way at the same time.
  const rid = randomUUID();
  const starting = new AbortController();
  const ending = new AbortController();
  let started: Promise<void> | null = null;

  const send = async (event: keyof typeof suffixes, text: string, signal: AbortSignal): Promise<void> => {
    const address = new URL(base);
    address.pathname = `${address.pathname.replace(/\/+$/, "")}${suffixes[event]}`;
    address.searchParams.set("rid", rid);
    // The message of an error might hold the address.
    const refusal = await post(address, cut(text), signal).catch((error) => systemCode(error) ?? "unknown");
    if (refusal !== null)
      log.event("warning", null, `the ping (${event}) to ${base.host} did not arrive: ${refusal}`);
  };

  return {
    start: () => {
      started ??= send("start", "", starting.signal);
    },
    end: async (result, text) => {
      const stop = () => {
        starting.abort();
        ending.abort();
      };
      for (const name of interruptions) process.once(name, stop);
      const patience = setTimeout(() => starting.abort(), startMilliseconds);
      await started;
      clearTimeout(patience);
      await send(result, text, ending.signal);
      for (const name of interruptions) process.off(name, stop);
    },
  };
}

/** The address in the file, or null with a warning: it is as good as a password, and no message holds it. */
function readAddress(path: string, log: Log): URL | null {
  const advice = "nothing is reported; deploy again with pulumi up";
  try {
    const text = readFileSync(path, "utf8").trim();
    if (URL.canParse(text)) return new URL(text);
    log.event("warning", null, `${path} holds no address: ${advice}`);
  } catch (error) {
    log.event("warning", null, `the address to ping cannot be read: ${messageOf(error)}; ${advice}`);
  }
  return null;
}

const cut = (text: string): string => Buffer.from(text).subarray(0, longestText).toString();
