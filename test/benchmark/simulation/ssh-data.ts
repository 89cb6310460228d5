/** The data types of SSH's messages (RFC 4251, section 5), as far as a server for one session needs them. */

/** Puts one message together. */
export class SshWriter {
  readonly #pieces: Buffer[] = [];

  byte(value: number): this {
    return this.raw(Buffer.from([value]));
  }

  boolean(value: boolean): this {
    return this.byte(value ? 1 : 0);
  }

  uint32(value: number): this {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(value);
    return this.raw(bytes);
  }

  /** Bytes as they are, without their length. */
  raw(bytes: Buffer): this {
    this.#pieces.push(bytes);
    return this;
  }

  string(value: Buffer | string): this {
    const bytes = typeof value === "string" ? Buffer.from(value) : value;
    return this.uint32(bytes.length).raw(bytes);
  }

  names(...names: string[]): this {
    return this.string(names.join(","));
  }

  /** A number that is not negative, given as its bytes, the most significant first. */
  mpint(bytes: Buffer): this {
    let start = 0;
    while (start < bytes.length && bytes[start] === 0) start += 1;
    const digits = bytes.subarray(start);
    const positive = ((digits[0] ?? 0) & 0x80) === 0 ? digits : Buffer.concat([Buffer.from([0]), digits]);
    return this.string(positive);
  }

  bytes(): Buffer {
    return Buffer.concat(this.#pieces);
  }
}

/** Takes one message apart. Every method throws RangeError where the message ends too early. */
export class SshReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  byte(): number {
    return this.#take(1).readUInt8();
  }

  boolean(): boolean {
    return this.byte() !== 0;
  }

  uint32(): number {
    return this.#take(4).readUInt32BE();
  }

  bytes(): Buffer {
    return this.#take(this.uint32());
  }

  text(): string {
    return this.bytes().toString();
  }

  names(): string[] {
    return this.text().split(",");
  }

  skip(count: number): this {
    this.#take(count);
    return this;
  }

  #take(count: number): Buffer {
    const end = this.#at + count;
    if (end > this.#bytes.length) throw new RangeError("an SSH message ends too early");
    const taken = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return taken;
  }
}
