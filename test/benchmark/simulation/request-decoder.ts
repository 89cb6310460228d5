import { gunzipSync } from "node:zlib";

/** A request of the plugin as it crosses the connection; `frame.ts` of the plugin writes them. */
export interface Request {
  script: string;
  /** What becomes `$INPUT` on the server; null where there is none. */
  input: Buffer | null;
}

const newline = 0x0a;

/** Finds requests in what the plugin sends after the programs of its loop. */
export class RequestDecoder {
  #pending: Buffer = Buffer.alloc(0);

  /** The requests that `bytes` complete, in order. @throws Error for anything that is no request */
  push(bytes: Buffer): Request[] {
    this.#pending = Buffer.concat([this.#pending, bytes]);
    const requests: Request[] = [];
    for (let request = this.#next(); request !== null; request = this.#next()) requests.push(request);
    return requests;
  }

  #next(): Request | null {
    const header = lineAt(this.#pending, 0);
    if (header === null) return null;
    const words = header.text.split(" ");
    if (words.length !== 4) throw new Error(`“${header.text.slice(0, 80)}” is no request's first line`);
    const [, scriptEncoding = "", inputBytes = "", inputEncoding = ""] = words;
    const script = bodyAt(this.#pending, header.end, scriptEncoding);
    if (script === null) return null;
    const input = inputBytes === "-" ? null : bodyAt(this.#pending, script.end, inputEncoding);
    if (inputBytes !== "-" && input === null) return null;
    this.#pending = this.#pending.subarray((input ?? script).end);
    return { script: script.bytes.toString(), input: input?.bytes ?? null };
  }
}

/** The line that begins at `start`, and where the next one does; null where it has no end yet. */
function lineAt(bytes: Buffer, start: number): { text: string; end: number } | null {
  const at = bytes.indexOf(newline, start);
  return at === -1 ? null : { text: bytes.toString("utf8", start, at), end: at + 1 };
}

/** A body in chunks, each after a line with its length, up to one of length 0; null where it has no end yet. */
function bodyAt(bytes: Buffer, start: number, encoding: string): { bytes: Buffer; end: number } | null {
  const chunks: Buffer[] = [];
  for (let at = start; ; ) {
    const line = lineAt(bytes, at);
    if (line === null) return null;
    const length = Number(line.text);
    if (!Number.isInteger(length) || length < 0) throw new Error(`“${line.text}” is no chunk's length`);
    if (length === 0) {
      const body = Buffer.concat(chunks);
      return { bytes: encoding === "gzip" ? gunzipSync(body) : body, end: line.end };
    }
    at = line.end + length;
    if (at > bytes.length) return null;
    chunks.push(bytes.subarray(line.end, at));
  }
}
