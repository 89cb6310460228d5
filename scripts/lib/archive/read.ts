import { createReadStream } from "node:fs";
import { type Readable, Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { ArchiveFormat } from "./format.ts";

/**
 * The size of a piece of text from zlib, and of one string. Above 128 KB V8 makes a large object, which is expensive.
 */
const textBytes = 262_144;
const stringLength = 65_536;

export interface ArchiveReader {
  /** Gets the archive's own bytes, in pieces, before their text. */
  see?: (bytes: Buffer) => void;
  /** Gets the text, in pieces, each byte a character; it may wait. */
  take: (text: string) => void | Promise<void>;
  signal?: AbortSignal | undefined;
}

/**
 * Reads an archive to its end. Memory stays bounded whatever the size. The text is made into strings: V8 collects them
 * early, together with the buffers they came from. Buffers alone would pile up to 64 MB.
 * @returns the number of bytes after the archive's end
 * @throws the errors of `take`; zlib's errors; a system error; the signal's AbortError
 */
export async function readArchive(
  path: string,
  format: ArchiveFormat,
  { see, take, signal }: ArchiveReader,
): Promise<number> {
  const readers = format.map((layer) => layer.reader({ chunkSize: textBytes }));
  const bytes: Readable = createReadStream(path);
  if (see !== undefined) bytes.on("data", see);
  let spare = 0;
  for (const given of [bytes, ...readers].slice(0, -1)) {
    given.on("data", (piece: Buffer) => {
      spare += piece.length;
    });
  }
  await pipeline([bytes, ...readers, new TextSink(take)], signal === undefined ? {} : { signal });
  // A reader that stops at zeros after the end reports no error.
  for (const { bytesWritten } of readers) spare -= bytesWritten;
  return spare;
}

/** A custom stream: iterating over the pieces would cost more than all other work on them. */
class TextSink extends Writable {
  readonly #take: ArchiveReader["take"];

  constructor(take: ArchiveReader["take"]) {
    super();
    this.#take = take;
  }

  override _write(piece: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#from(piece, 0, done);
  }

  /** Passes the piece on, without a promise if none is needed. */
  #from(piece: Buffer, start: number, done: (error?: Error | null) => void): void {
    try {
      for (let at = start; at < piece.length; at += stringLength) {
        const taken = this.#take(piece.toString("latin1", at, at + stringLength));
        if (taken === undefined) continue;
        taken.then(() => this.#from(piece, at + stringLength, done), done);
        return;
      }
    } catch (error) {
      done(error instanceof Error ? error : new Error(String(error)));
      return;
    }
    done();
  }
}
