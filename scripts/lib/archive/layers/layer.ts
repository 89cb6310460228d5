import type { Duplex } from "node:stream";

/**
 * The seam of archive formats. An archive is a plain dump inside layers: today one, which compresses; an encrypting
 * layer would be around it. A layer knows nothing of the layers inside and outside: `ArchiveFormat` combines them.
 * Every layer and format must pass test/unit/scripts/archive/suite.ts, which tests this contract.
 *
 * - Written text is read back byte for byte, by `reader` and by the stock command `undo`, which needs none of our
 *   programs.
 * - Only verified text counts as good: `reader` ends without an error only at the layer's own end. Bytes that are cut
 *   off anywhere cause an error. A changed bit causes an error, or leaves the text unchanged.
 * - Bytes after the end are an error, or are not counted in `bytesWritten`: the caller compares.
 * - `damage` recognises every error of `reader` that its bytes cause, and no other.
 * - Several members in sequence are read as one, or all but the first are bytes after the end. Today each archive has
 *   one.
 */
export interface Layer {
  /** The name of its stock command. */
  readonly id: string;
  /** Its magic number: the first bytes of its output, as hexadecimal digits. */
  readonly magic: string;
  /** The stock command that undoes the layer, from its input to its output, for a shell. */
  readonly undo: string;
  /** Whether some containers lack the command. */
  readonly mayLack: boolean;
  /**
   * Returns the content, in pieces of this many bytes.
   * @throws ProgramError if this version of Node has no such reader: a server's own Node may be too old.
   */
  reader(options?: { chunkSize: number }): LayerReader;
  /** The damage that an error of `reader` means; null for any other error. */
  damage(error: unknown): Damage | null;
}

export interface LayerReader extends Duplex {
  /** How many of its input bytes belong to the layer; valid once it has ended. */
  readonly bytesWritten: number;
}

/** `trailing-garbage`: complete, but with bytes after the end. */
export type Damage = "truncated" | "corrupt" | "trailing-garbage";
