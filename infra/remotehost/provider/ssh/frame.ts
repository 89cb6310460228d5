import { pipeline, Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { createGzip } from "node:zlib";

/** The bytes that become the file `$INPUT` on the server; a stream must give exactly `length` of them. */
export type RequestInput =
  | Buffer
  | { stream: () => Readable; length: number; onProgress?: (sent: number, length: number) => void };

/** Bodies above this many bytes cross the network compressed. */
export const compressAbove = 64 * 1024;
const chunkBytes = 256 * 1024;

/** One request on the wire: a header line, then the script and the input as chunks, each preceded by its length. */
export async function* requestFrames(script: string, input?: RequestInput): AsyncGenerator<Buffer> {
  const scriptBody = Buffer.from(script);
  const inputBody = input === undefined || Buffer.isBuffer(input) ? input : await smallBody(input);
  const described = [scriptBody, inputBody].map((body) =>
    body === undefined ? "- -" : `${body.length} ${body.length > compressAbove ? "gzip" : "plain"}`,
  );
  yield Buffer.from(`${described.join(" ")}\n`);
  yield* bodyFrames(scriptBody);
  if (inputBody !== undefined) yield* bodyFrames(inputBody);
}

type Streamed = Exclude<RequestInput, Buffer>;

// Only a compressed body shows that it was cut off, by its missing end. So a small stream is read before it is sent.
async function smallBody(input: Streamed): Promise<RequestInput> {
  if (input.length > compressAbove) return input;
  const body = await buffer(Readable.from(counted(input)));
  if (body.length !== input.length)
    throw new Error(
      `the source has ${body.length} bytes, not ${input.length}. Run the command again. [DBK-CHANGE-6]`,
    );
  return body;
}

async function* bodyFrames(body: RequestInput): AsyncGenerator<Buffer> {
  if (Buffer.isBuffer(body) && body.length <= compressAbove) {
    if (body.length > 0) yield chunk(body);
  } else {
    const bytes = Buffer.isBuffer(body) ? Readable.from([body]) : Readable.from(counted(body));
    const packed = createGzip({ level: 1, chunkSize: chunkBytes });
    // The loop below throws the source's error; pipeline closes the source when the loop is left.
    pipeline(bytes, packed, () => {});
    for await (const piece of packed) yield chunk(piece);
  }
  yield bodyEnd;
}

/** Ends a body; sent early it makes the server refuse the request without running it. */
export const bodyEnd = Buffer.from("0\n");

function chunk(bytes: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`${bytes.length}\n`), bytes]);
}

async function* counted({ stream, length, onProgress }: Streamed): AsyncGenerator<Buffer> {
  let sent = 0;
  for await (const piece of stream()) {
    const bytes = Buffer.from(piece);
    sent += bytes.length;
    yield bytes;
    onProgress?.(sent, length);
  }
}

/** A message of the server: a line of words after the marker, and for `answer` the two outputs of the script. */
export interface Message {
  words: string[];
  stdout: Buffer;
  stderr: Buffer;
}

const newline = 0x0a;
// The noise of a login shell may be endless and without line breaks. No line of ours is longer than this.
const longestLine = 64 * 1024;

/** Finds the server's messages in its output and skips other text before and between them. */
export class MessageDecoder {
  readonly #prefix: string;
  #pieces: Buffer[] = [];
  #length = 0;
  #awaited: { words: string[]; stdout: number; total: number } | null = null;

  constructor(marker: string) {
    this.#prefix = `${marker} `;
  }

  /** The messages that `bytes` complete, in order. */
  push(bytes: Buffer): Message[] {
    this.#pieces.push(bytes);
    this.#length += bytes.length;
    const messages: Message[] = [];
    for (let message = this.#next(); message !== null; message = this.#next()) messages.push(message);
    return messages;
  }

  #next(): Message | null {
    while (this.#awaited === null) {
      const line = this.#line();
      if (line === null) return null;
      if (!line.startsWith(this.#prefix)) continue;
      const words = line.slice(this.#prefix.length).trim().split(/\s+/);
      if (words[0] !== "answer") return { words, stdout: Buffer.alloc(0), stderr: Buffer.alloc(0) };
      const [stdout = 0, stderr = 0] = words.slice(2).map(Number);
      this.#awaited = { words, stdout, total: stdout + stderr };
    }
    const { words, stdout, total } = this.#awaited;
    if (this.#length < total) return null;
    const body = this.#take(total);
    this.#awaited = null;
    return { words, stdout: body.subarray(0, stdout), stderr: body.subarray(stdout) };
  }

  #line(): string | null {
    const all = Buffer.concat(this.#pieces);
    const end = all.indexOf(newline);
    if (end === -1) {
      this.#keep(all.subarray(-longestLine));
      return null;
    }
    this.#keep(all.subarray(end + 1));
    return all.toString("utf8", 0, end);
  }

  #take(bytes: number): Buffer {
    const all = Buffer.concat(this.#pieces);
    this.#keep(all.subarray(bytes));
    return all.subarray(0, bytes);
  }

  #keep(rest: Buffer): void {
    this.#pieces = [rest];
    this.#length = rest.length;
  }
}
