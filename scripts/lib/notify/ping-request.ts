import type { IncomingMessage } from "node:http";
import { setDefaultAutoSelectFamilyAttemptTimeout } from "node:net";
import { systemCode } from "../base/errors.ts";
import { lookupUntil } from "./ping-lookup.ts";

/** A report that did not arrive: why, without the address, and whether another try may help. */
interface Refusal {
  reason: string;
  again: boolean;
}

const attempts = 2;
const attemptSeconds = 5;
/** A whole answer is a few bytes; what comes later or is longer is not waited for. */
const answerMilliseconds = 1_000;
const answerLength = 100;
/** Node's own quarter of a second gives up on networks that are only slow. */
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

/**
 * Posts a text, once more if it did not arrive: ten seconds at most. Redirects are not followed and proxies not used.
 * @returns why it did not arrive, never with the address, or null if it did
 */
export async function post(address: URL, text: string, signal: AbortSignal): Promise<string | null> {
  let reason = unanswered;
  for (let attempt = 0; attempt < attempts && !signal.aborted; attempt++) {
    const refusal = await attemptTo(address, text, signal);
    if (refusal === null) return null;
    reason = refusal.reason;
    if (!refusal.again) break;
  }
  return reason;
}

async function attemptTo(address: URL, text: string, signal: AbortSignal): Promise<Refusal | null> {
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
      resolve({
        reason: silent ? `no answer within ${attemptSeconds} s` : (words[code] ?? code),
        again: !signal.aborted,
      });
    });
    outgoing.on("response", (response) => {
      firstWords(response).then((answer) => {
        outgoing.destroy();
        resolve(judged(response.statusCode ?? 0, answer));
      });
    });
    outgoing.end(text);
  });
}

/** The beginning of an answer, or what of it came in time. */
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

/** healthchecks.io answers 200 also to an address that it does not know, and says so: `OK (not found)`. */
function judged(status: number, answer: string): Refusal | null {
  const reservation = /^OK \((?<words>[a-z ]{1,40})\)/.exec(answer)?.groups?.words;
  if (status >= 200 && status < 300 && reservation === undefined) return null;
  const reason = reservation === undefined ? `it answered ${status}` : `it answered: ${reservation}`;
  return { reason, again: status >= 500 };
}
