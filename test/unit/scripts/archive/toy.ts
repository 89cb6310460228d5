import { createHash } from "node:crypto";
import { Transform, type TransformCallback } from "node:stream";
import type { Damage, Layer } from "../../../../scripts/lib/archive/layers/layer.ts";

/**
 * A toy layer: it neither compresses nor encrypts, but has what a layer needs. Four bytes to know it by, then blocks of
 * changed bytes behind their lengths, an empty block, and the sha256 of what was within.
 */
const magicOf = (key: number): Buffer => Buffer.from([0x54, 0x4f, 0x59, key]);
const changed = (bytes: Buffer, key: number): Buffer => Buffer.from(bytes.map((byte) => byte ^ key));
const longestBlock = 0xffff;

export function toyAround(within: Buffer, key: number): Buffer {
  const blocks: Buffer[] = [magicOf(key)];
  for (let at = 0; at < within.length; at += longestBlock) {
    const block = changed(within.subarray(at, at + longestBlock), key);
    blocks.push(lengthOf(block.length), block);
  }
  return Buffer.concat([...blocks, lengthOf(0), createHash("sha256").update(within).digest()]);
}

const lengthOf = (length: number): Buffer => Buffer.from([length >> 8, length & 0xff]);

class ToyError extends Error {
  readonly code: Damage;
  constructor(code: Damage) {
    super(`this toy is broken: ${code}`);
    this.code = code;
  }
}

/** Returns the content. */
export class ToyReader extends Transform {
  bytesWritten = 0;
  readonly #key: number;
  readonly #hash = createHash("sha256");
  #pending: Buffer = Buffer.alloc(0);
  /** The next expected part. */
  #next: "magic" | "length" | "block" | "sha256" | "nothing" = "magic";
  #wanted = 4;

  constructor(key: number) {
    super();
    this.#key = key;
  }

  override _transform(piece: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    this.#pending = Buffer.concat([this.#pending, piece]);
    let broken = false;
    while (!broken && this.#next !== "nothing" && this.#pending.length >= this.#wanted) {
      const part = this.#pending.subarray(0, this.#wanted);
      this.#pending = this.#pending.subarray(this.#wanted);
      this.bytesWritten += part.length;
      broken = !this.#take(part);
    }
    if (broken) done(new ToyError("corrupt"));
    else if (this.#next === "nothing" && this.#pending.length > 0) done(new ToyError("trailing-garbage"));
    else done();
  }

  override _flush(done: TransformCallback): void {
    done(this.#next === "nothing" ? null : new ToyError("truncated"));
  }

  #take(part: Buffer): boolean {
    switch (this.#next) {
      case "length":
        this.#wanted = part.readUInt16BE();
        this.#next = this.#wanted === 0 ? "sha256" : "block";
        if (this.#wanted === 0) this.#wanted = 32;
        return true;
      case "sha256":
        this.#next = "nothing";
        return this.#hash.digest().equals(part);
      case "block": {
        const within = changed(part, this.#key);
        this.#hash.update(within);
        this.push(within);
        break;
      }
      default:
        if (!part.equals(magicOf(this.#key))) return false;
    }
    this.#next = "length";
    this.#wanted = 2;
    return true;
  }
}

/** The stock command of the toy layer, as shell words. */
export const toyCommand = (way: "around" | "undo", key: number): string =>
  `'${process.execPath}' --no-warnings '${import.meta.dirname}/toy-command.ts' ${way} ${key}`;

export const toyLayer = (id: string, key: number): Layer => ({
  id,
  magic: magicOf(key).toString("hex"),
  undo: toyCommand("undo", key),
  mayLack: true,
  reader: () => new ToyReader(key),
  damage: (error) => (error instanceof ToyError ? error.code : null),
});
