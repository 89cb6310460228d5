import { once } from "node:events";
import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import { type Readable, Transform } from "node:stream";

/** A request as it arrived, whatever became of it: parts of one file come side by side. */
export interface Arrived {
  method: string;
  path: string;
  /** Of its body, as it says; 0 if it does not. */
  bytes: number;
}

/**
 * What happens to a request. `flip` changes one byte of its body on the way. `answer` answers in the server's place.
 * `cut` ends the connection after so many bytes of the body, or of the answer if there is none. `stall` never answers.
 */
export type Fault =
  | { kind: "flip" }
  | { kind: "answer"; status: number; code: string }
  | { kind: "cut"; afterBytes: number }
  | { kind: "stall" };

export interface FaultProxy {
  port: number;
  arrived: Arrived[];
  /** Does this to the next requests that `concerns` is true of: so many, or all. */
  add(fault: Fault, concerns?: (arrived: Arrived) => boolean, times?: number): void;
  /**
   * From now on its clock is so far from this machine's: answers have its time in their header, and requests that are
   * signed more than 15 minutes away from it are refused as S3 does.
   */
  shiftClock(seconds: number): void;
  /** From now on nothing goes wrong. */
  clear(): void;
  stop(): Promise<void>;
}

/** Is true of an upload of more than so many bytes. */
export const uploadOf =
  (moreThan: number) =>
  ({ method, bytes }: Arrived): boolean =>
    (method === "PUT" || method === "POST") && bytes > moreThan;

/** Milliseconds. */
const clockTolerance = 15 * 60_000;

const dateOf = (shift: number): string => new Date(Date.now() + shift * 1000).toUTCString();

/** What `20261201T143000Z` means; null if it is something else. */
function signingTime(header: string | string[] | undefined): number | null {
  const parts = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(String(header));
  if (parts === null) return null;
  const [year = 0, month = 1, ...rest] = parts.slice(1).map(Number);
  return Date.UTC(year, month - 1, ...rest);
}

interface Rule {
  fault: Fault;
  concerns: (arrived: Arrived) => boolean;
  left: number;
}

/** Starts a proxy in front of an HTTP server of this machine. It hands everything on as it came, but for its faults. */
export async function startFaultProxy(target: number): Promise<FaultProxy> {
  let rules: Rule[] = [];
  let shift = 0;
  const arrived: Arrived[] = [];

  const faultFor = (one: Arrived, signedAt: number | null): Fault | null => {
    if (shift !== 0 && signedAt !== null && Math.abs(signedAt - Date.now() - shift * 1000) > clockTolerance)
      return { kind: "answer", status: 403, code: "RequestTimeTooSkewed" };
    const rule = rules.find(({ concerns, left }) => left > 0 && concerns(one));
    if (rule === undefined) return null;
    rule.left -= 1;
    return rule.fault;
  };

  const server = createServer((incoming, outgoing) => {
    const { method = "", url: path = "" } = incoming;
    const one = { method, path, bytes: Number(incoming.headers["content-length"] ?? 0) };
    arrived.push(one);
    const fault = faultFor(one, signingTime(incoming.headers["x-amz-date"]));
    if (fault?.kind === "stall") return;
    if (fault?.kind === "answer") return refuse(incoming, outgoing, fault, shift);
    if (shift !== 0) outgoing.setHeader("date", dateOf(shift));
    hand(target, incoming, outgoing, one, fault);
  });
  // A stalled request is the client's to give up.
  server.requestTimeout = 0;
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return {
    port: address.port,
    arrived,
    add: (fault, concerns = () => true, times = Number.POSITIVE_INFINITY) => {
      rules.push({ fault, concerns, left: times });
    },
    shiftClock: (seconds) => {
      shift = seconds;
    },
    clear: () => {
      rules = [];
      shift = 0;
    },
    stop: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}

function refuse(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  { status, code }: Extract<Fault, { kind: "answer" }>,
  shift: number,
): void {
  incoming.resume();
  incoming.on("end", () => {
    const date = dateOf(shift);
    const text = `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>${code}</Message></Error>`;
    outgoing.writeHead(status, { "content-type": "application/xml", date }).end(text);
  });
}

function hand(
  port: number,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  { method, path, bytes }: Arrived,
  fault: Fault | null,
): void {
  const cut = (stream: Readable): Readable =>
    fault?.kind === "cut" ? stream.pipe(passing(fault.afterBytes, () => incoming.socket.destroy())) : stream;
  const onward = request({ port, host: "127.0.0.1", method, path, headers: incoming.headers }, (answer) => {
    const { date, ...headers } = answer.headers;
    const own = outgoing.hasHeader("date") ? headers : answer.headers;
    outgoing.writeHead(answer.statusCode ?? 502, own);
    (bytes === 0 ? cut(answer) : answer).pipe(outgoing);
  });
  onward.on("error", () => incoming.socket.destroy());
  incoming.on("close", () => {
    if (!incoming.complete) onward.destroy();
  });
  const body = fault?.kind === "flip" ? incoming.pipe(flipping(Math.floor(bytes / 2))) : incoming;
  (bytes === 0 ? body : cut(body)).pipe(onward);
}

/** Lets so many bytes through, and then ends the connection. */
function passing(most: number, end: () => void): Transform {
  let passed = 0;
  return new Transform({
    transform(chunk: Buffer, _, done) {
      const part = chunk.subarray(0, Math.max(0, most - passed));
      passed += chunk.length;
      if (passed <= most) return done(null, part);
      this.push(part);
      // The part is on its way before the end.
      setImmediate(end);
    },
  });
}

/** Changes the byte at a place. */
function flipping(place: number): Transform {
  let passed = 0;
  return new Transform({
    transform(chunk: Buffer, _, done) {
      const at = place - passed;
      passed += chunk.length;
      if (at >= 0 && at < chunk.length) chunk[at] = (chunk[at] ?? 0) ^ 1;
      done(null, chunk);
    },
  });
}
