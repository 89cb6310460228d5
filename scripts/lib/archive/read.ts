import { createReadStream } from "node:fs";
import { type Readable, Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { ArchiveFormat } from "./format.ts";

/** Of text that zlib gives at a time, and of one string: more than 128 KB would be an object of V8's own kind, dear to make. */
const textBytes = 262_144;
const stringLength = 65_536;

export interface ArchiveReader {
  /** Is given the archive's own bytes, piece by piece, before their text. */
  see?: (bytes: Buffer) => void;
  /** Is given the text, piece by piece, each byte a character; it may wait. */
  take: (text: string) => void | Promise<void>;
  signal?: AbortSignal | undefined;
}

/**
 * Reads an archive to its end. Memory stays bounded whatever the size: text as strings, of which V8 keeps little, and
 * with them go the buffers that it came in; buffers alone it lets pile up to 64 MB.
 * @returns how many bytes lay behind the end of what they belong to
 * @throws what `take` throws; zlib's errors; a system error; the signal's AbortError
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
  // A reader that stops at zeros behind the end says nothing.
  for (const { bytesWritten } of readers) spare -= bytesWritten;
  return spare;
}

/** A stream of its own: to iterate over the pieces costs more than all else that is done with them here. */
class TextSink extends Writable {
  readonly #take: ArchiveReader["take"];

  constructor(take: ArchiveReader["take"]) {
    super();
    this.#take = take;
  }

  override _write(piece: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#from(piece, 0, done);
  }

  /** Gives the piece on from here, without a promise where none is needed. */
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
