import type { IncomingMessage } from "node:http";
import { setDefaultAutoSelectFamilyAttemptTimeout } from "node:net";
import { systemCode } from "../base/errors.ts";
import type { Delivery } from "./channel.ts";
import { lookupUntil } from "./ping-lookup.ts";

const attemptSeconds = 5;
/** A whole answer is a few bytes. A later or longer answer is not waited for. */
const answerMilliseconds = 1_000;
const answerLength = 100;
/** Node's default of a quarter of a second is too short for slow networks. */
const familyMilliseconds = 1_500;

const unanswered = "no answer before the run was over";
const words: Readonly<Record<string, string>> = {
  ABORT_ERR: unanswered,
  ECONNREFUSED: "it refuses connections",
  ECONNRESET: "it broke the connection off",
  ENETUNREACH: "there is no way to its network",
  EHOSTUNREACH: "there is no way to it",
  ENOTFOUND: "there is no such name",
  EAI_AGAIN: "its name cannot be looked up",
};

/** The pause after "too many requests", and the longest pause that a server may ask for; in milliseconds. */
const usualPause = 60_000;
const longestPause = 86_400_000;

/**
 * Posts a text, once: five seconds at most, and one for the answer. Redirects are not followed and proxies not used.
 * @returns the result, never with the address
 */
export async function post(address: URL, text: string, signal: AbortSignal): Promise<Delivery> {
  setDefaultAutoSelectFamilyAttemptTimeout(familyMilliseconds);
  // Loaded only by servers that report. A dynamic import would bring esbuild's CommonJS interop into the bundle.
  const { request } =
    address.protocol === "https:"
      ? process.getBuiltinModule("node:https")
      : process.getBuiltinModule("node:http");
  const late = AbortSignal.timeout(attemptSeconds * 1000);
  const ended = AbortSignal.any([signal, late]);
  return new Promise((resolve) => {
    const outgoing = request(address, {
      method: "POST",
      agent: false,
      signal: ended,
      lookup: lookupUntil(ended),
      headers: {
        "content-type": "text/plain; charset=utf-8",
        "content-length": Buffer.byteLength(text),
        "user-agent": "database-backups",
      },
    });
    outgoing.on("error", (error) => {
      const silent = late.aborted && !signal.aborted;
      const code = systemCode(error) ?? error.name;
      resolve(again(silent ? `no answer within ${attemptSeconds} s` : (words[code] ?? code)));
    });
    outgoing.on("response", (response) => {
      firstWords(response).then((answer) => {
        outgoing.destroy();
        resolve(judged(response, answer));
      });
    });
    outgoing.end(text);
  });
}

/** The beginning of an answer, or the part that came in time. */
function firstWords(response: IncomingMessage): Promise<string> {
  return new Promise((resolve) => {
    let answer = "";
    const conclude = () => {
      clearTimeout(timer);
      resolve(answer);
    };
    const timer = setTimeout(conclude, answerMilliseconds);
    response.setEncoding("utf8");
    response.on("data", (chunk: string) => {
      answer += chunk;
      if (answer.length >= answerLength) conclude();
    });
    for (const event of ["end", "error", "close"]) response.on(event, conclude);
  });
}

/** healthchecks.io answers 200 also for an unknown address, with the text `OK (not found)`. */
function judged({ headers, statusCode: status = 0 }: IncomingMessage, answer: string): Delivery {
  const reservation = /^OK \((?<words>[a-z ]{1,40})\)/.exec(answer)?.groups?.words;
  if (status >= 200 && status < 300 && reservation === undefined) return { outcome: "delivered" };
  const reason = reservation === undefined ? `it answered ${status}` : `it answered: ${reservation}`;
  const isBusy = status === 429;
  if (!isBusy && status < 500) return { outcome: "refused", reason };
  return again(reason, pauseOf(headers["retry-after"]) ?? (isBusy ? usualPause : 0));
}

const again = (reason: string, pause = 0): Delivery => ({
  outcome: "again",
  at: new Date(Date.now() + Math.min(Math.max(pause, 0), longestPause)),
  reason,
});

/** The pause of a Retry-After header, seconds or a date, in milliseconds; null if it is missing or invalid. */
function pauseOf(header: string | undefined): number | null {
  if (header === undefined) return null;
  const pause = /^\d+$/.test(header) ? Number(header) * 1000 : Date.parse(header) - Date.now();
  return Number.isNaN(pause) ? null : pause;
}
