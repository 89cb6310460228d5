import type { Duplex } from "node:stream";

/**
 * The seam of archive formats. An archive is a plain dump inside of layers: today one, which compresses; one that
 * encrypts would lie around it. A layer knows nothing of those within and around it: `ArchiveFormat` puts them together.
 * test/unit/scripts/archive/suite.ts holds what every layer and every format have to keep of this contract.
 *
 * - What is written is read back byte for byte, by `reader` and by the stock command `undo`, which needs nothing of ours.
 * - Nothing is good that is not known to be: `reader` ends only behind the layer's own end. Bytes that are cut off
 *   anywhere end it with an error; a bit that changed does, or leaves the text as it was.
 * - Bytes behind the end are an error, or are left out of `bytesWritten`: the caller counts.
 * - `damage` knows every error that `reader` ends with because of its bytes, and no other.
 * - Members, one behind the other, are read as one; or all but the first are bytes behind the end. Today each archive
 *   has one.
 */
export interface Layer {
  /** The name of its stock command. */
  readonly id: string;
  /** What it writes begins with these bytes, as hexadecimal digits. */
  readonly magic: string;
  /** The stock command that gives what is within, from its input to its output; in words for a shell. */
  readonly undo: string;
  /** Whether there are containers that lack the command. */
  readonly mayLack: boolean;
  /**
   * Gives what is within, in pieces of so many bytes.
   * @throws ProgramError when this Node has no such reader: a server's own may be too old.
   */
  reader(options?: { chunkSize: number }): LayerReader;
  /** What an error of `reader` says of the bytes; null for any other error. */
  damage(error: unknown): Damage | null;
}

export interface LayerReader extends Duplex {
  /** How many of the bytes that it was given belong to the layer; right once it has ended. */
  readonly bytesWritten: number;
}

/** `trailing-garbage`: whole, and there are bytes behind the end. */
export type Damage = "truncated" | "corrupt" | "trailing-garbage";
