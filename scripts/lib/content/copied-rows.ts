const dot = 0x2e;
const tab = 0x09;
const newline = 0x0a;
const backslash = 0x5c;
const comma = 0x2c;
const quote = 0x22;
const opening = 0x28;
const closing = 0x29;
const capitalN = 0x4e;

/** Characters after a backslash in the text form of COPY, with the bytes that they mean. */
const escapes = new Uint8Array(256).map((_, byte) => byte);
for (const [index, letter] of [..."btnvfr"].entries()) escapes[letter.charCodeAt(0)] = 8 + index;

/** The bytes that make PostgreSQL quote a field of a row's text. */
const quoting = new Uint8Array(256);
for (const byte of [quote, backslash, opening, closing, comma, 9, 10, 11, 12, 13, 32]) quoting[byte] = 1;

/** Up to this many rows the sums below are exact. */
const rowsPerSum = 1 << 20;

/**
 * Computes from the output of COPY … TO STDOUT the same hash that the server computes with `rowHash` of tables.ts. It
 * is for tables for which the server cannot plan a query. The columns with long values come first.
 */
export class CopiedRows {
  readonly #longColumns: number;
  readonly #columns: number;
  #begun: Buffer[] = [];
  #value = Buffer.alloc(0);
  #text = Buffer.alloc(0);
  #high = 0;
  #low = 0;
  #sum = 0n;
  rows = 0;

  constructor(longColumns: number, columns: number) {
    this.#longColumns = longColumns;
    this.#columns = columns;
  }

  /** The next piece of COPY's output. */
  take(chunk: Buffer): void {
    let at = 0;
    for (let end = chunk.indexOf(newline); end >= 0; end = chunk.indexOf(newline, at)) {
      const piece = chunk.subarray(at, end);
      this.#row(this.#begun.length === 0 ? piece : Buffer.concat([...this.#begun, piece]));
      if (this.#begun.length > 0) this.#begun = [];
      at = end + 1;
    }
    if (at < chunk.length) this.#begun.push(Buffer.from(chunk.subarray(at)));
  }

  /** The sum of all rows' hashes, in decimal. */
  get hash(): string {
    this.#carry();
    return this.#sum.toString();
  }

  #carry(): void {
    this.#sum += (BigInt(this.#high) << 32n) + BigInt(this.#low);
    this.#high = 0;
    this.#low = 0;
  }

  #row(line: Buffer): void {
    this.#makeRoom(line.length);
    let at = 0;
    hashHigh = 0;
    hashLow = 0;
    for (let column = 0; column < this.#longColumns; column += 1) {
      const end = endOfField(line, at);
      // The dot distinguishes an empty value from NULL.
      this.#value[0] = dot;
      const length = isNull(line, at, end) ? 0 : unescaped(line, at, end, this.#value, 1);
      hashBytes(this.#value, length, hashHigh, hashLow);
      at = end + 1;
    }
    hashBytes(this.#text, this.#rowText(line, at), hashHigh, hashLow);
    this.#high += hashHigh | 0;
    this.#low += hashLow;
    this.rows += 1;
    if (this.rows % rowsPerSum === 0) this.#carry();
  }

  /** Writes the text of a row value with the columns from `from` on; @returns its length. */
  #rowText(line: Buffer, from: number): number {
    const text = this.#text;
    let length = 0;
    let at = from;
    text[length++] = opening;
    for (let column = this.#longColumns; column < this.#columns; column += 1) {
      if (column > this.#longColumns) text[length++] = comma;
      const end = endOfField(line, at);
      if (!isNull(line, at, end)) length = this.#field(line, at, end, length);
      at = end + 1;
    }
    text[length++] = closing;
    return length;
  }

  #field(line: Buffer, from: number, end: number, start: number): number {
    const text = this.#text;
    let quoted = from === end;
    for (let at = from; at < end && !quoted; at += 1) quoted = quoting[line[at] ?? 0] === 1;
    if (!quoted) return start + line.copy(text, start, from, end);
    let length = start;
    const valueEnd = unescaped(line, from, end, this.#value, 0);
    text[length++] = quote;
    for (let at = 0; at < valueEnd; at += 1) {
      const byte = this.#value[at] ?? 0;
      if (byte === quote || byte === backslash) text[length++] = byte;
      text[length++] = byte;
    }
    text[length++] = quote;
    return length;
  }

  #makeRoom(bytes: number): void {
    // A quoted field is at most twice as long, and has two quotes and a comma.
    const needed = 2 * bytes + 3 * this.#columns + 2;
    if (this.#text.length >= needed) return;
    this.#text = Buffer.alloc(2 * needed);
    this.#value = Buffer.alloc(2 * needed);
  }
}

function endOfField(line: Buffer, from: number): number {
  const end = line.indexOf(tab, from);
  return end < 0 ? line.length : end;
}

const isNull = (line: Buffer, at: number, end: number): boolean =>
  end - at === 2 && line[at] === backslash && line[at + 1] === capitalN;

/** Writes the bytes that a field of COPY's output means; @returns where they end. */
function unescaped(line: Buffer, from: number, end: number, into: Buffer, start: number): number {
  let length = start;
  for (let at = from; at < end; at += 1) {
    const escaped = line[at] === backslash;
    if (escaped) at += 1;
    const byte = line[at] ?? 0;
    into[length++] = escaped ? (escapes[byte] ?? byte) : byte;
  }
  return length;
}

let hashHigh = 0;
let hashLow = 0;

/**
 * PostgreSQL's hash_bytes_extended (Bob Jenkins' lookup3), which hashtextextended uses for the collation "C". The two
 * halves of the result are in hashHigh and hashLow, both unsigned.
 */
function hashBytes(bytes: Buffer, length: number, seedHigh: number, seedLow: number): void {
  let a = (0x9e3779b9 + length + 3923095) | 0;
  let b = a;
  let c = a;
  const mix = () => {
    a = ((a - c) | 0) ^ ((c << 4) | (c >>> 28));
    c = (c + b) | 0;
    b = ((b - a) | 0) ^ ((a << 6) | (a >>> 26));
    a = (a + c) | 0;
    c = ((c - b) | 0) ^ ((b << 8) | (b >>> 24));
    b = (b + a) | 0;
    a = ((a - c) | 0) ^ ((c << 16) | (c >>> 16));
    c = (c + b) | 0;
    b = ((b - a) | 0) ^ ((a << 19) | (a >>> 13));
    a = (a + c) | 0;
    c = ((c - b) | 0) ^ ((b << 4) | (b >>> 28));
    b = (b + a) | 0;
  };
  if (seedHigh !== 0 || seedLow !== 0) {
    a = (a + seedHigh) | 0;
    b = (b + seedLow) | 0;
    mix();
  }
  let at = 0;
  let left = length;
  for (; left >= 12; left -= 12) {
    a = (a + bytes.readInt32LE(at)) | 0;
    b = (b + bytes.readInt32LE(at + 4)) | 0;
    c = (c + bytes.readInt32LE(at + 8)) | 0;
    mix();
    at += 12;
  }
  const rest = (index: number): number => (index < left ? (bytes[at + index] ?? 0) : 0);
  // The lowest byte of c is reserved for the length.
  c = (c + ((rest(8) << 8) | (rest(9) << 16) | (rest(10) << 24))) | 0;
  b = (b + (rest(4) | (rest(5) << 8) | (rest(6) << 16) | (rest(7) << 24))) | 0;
  a = (a + (rest(0) | (rest(1) << 8) | (rest(2) << 16) | (rest(3) << 24))) | 0;
  c = ((c ^ b) - ((b << 14) | (b >>> 18))) | 0;
  a = ((a ^ c) - ((c << 11) | (c >>> 21))) | 0;
  b = ((b ^ a) - ((a << 25) | (a >>> 7))) | 0;
  c = ((c ^ b) - ((b << 16) | (b >>> 16))) | 0;
  a = ((a ^ c) - ((c << 4) | (c >>> 28))) | 0;
  b = ((b ^ a) - ((a << 14) | (a >>> 18))) | 0;
  c = ((c ^ b) - ((b << 24) | (b >>> 8))) | 0;
  hashHigh = b >>> 0;
  hashLow = c >>> 0;
}
