import { type CipherGCM, createCipheriv, createDecipheriv, type DecipherGCM, randomBytes } from "node:crypto";

/** Key and first IV of one direction of aes128-gcm@openssh.com. */
export interface DirectionKey {
  /** 16 bytes. */
  key: Buffer;
  /** 12 bytes: four that stay, and a counter. */
  iv: Buffer;
}

const lengthBytes = 4;
const tagBytes = 16;
const leastPadding = 4;
const plainBlock = 8;
const cipherBlock = 16;
/** What RFC 4253 asks of an implementation. */
const longestPacket = 35_000;

/** Payloads to the bytes of SSH's binary packets: plain at first, enciphered from a key on. */
export class PacketSealer {
  #cipher: GcmDirection | null = null;

  encipher(key: DirectionKey): void {
    this.#cipher = new GcmDirection(key);
  }

  seal(payload: Buffer): Buffer {
    // With GCM the length stays readable and does not count for the padding.
    const block = this.#cipher === null ? plainBlock : cipherBlock;
    const counted = (this.#cipher === null ? lengthBytes : 0) + 1 + payload.length;
    let padding = block - (counted % block);
    if (padding < leastPadding) padding += block;
    const length = Buffer.alloc(lengthBytes);
    length.writeUInt32BE(1 + payload.length + padding);
    const body = Buffer.concat([Buffer.from([padding]), payload, randomBytes(padding)]);
    return Buffer.concat(this.#cipher === null ? [length, body] : this.#cipher.encipher(length, body));
  }
}

/** The bytes of SSH's binary packets to their payloads. */
export class PacketOpener {
  #cipher: GcmDirection | null = null;
  #pending: Buffer = Buffer.alloc(0);

  decipher(key: DirectionKey): void {
    this.#cipher = new GcmDirection(key);
  }

  push(bytes: Buffer): void {
    this.#pending = Buffer.concat([this.#pending, bytes]);
  }

  /**
   * The next payload; null until all of it is there. One at a time, because a key may change after each.
   * @throws Error for a packet that is too long or was changed on its way
   */
  next(): Buffer | null {
    if (this.#pending.length < lengthBytes) return null;
    const length = this.#pending.readUInt32BE();
    if (length > longestPacket) throw new Error(`an SSH packet of ${length} bytes is too long`);
    const end = lengthBytes + length;
    const whole = end + (this.#cipher === null ? 0 : tagBytes);
    if (this.#pending.length < whole) return null;
    const head = this.#pending.subarray(0, lengthBytes);
    const sealed = this.#pending.subarray(lengthBytes, end);
    const body = this.#cipher?.decipher(head, sealed, this.#pending.subarray(end, whole)) ?? sealed;
    this.#pending = this.#pending.subarray(whole);
    return body.subarray(1, body.length - body.readUInt8());
  }
}

/** RFC 5647: each packet has the IV of the one before, counted up. */
class GcmDirection {
  readonly #key: Buffer;
  readonly #iv: Buffer;

  constructor({ key, iv }: DirectionKey) {
    this.#key = key;
    this.#iv = Buffer.from(iv);
  }

  encipher(head: Buffer, body: Buffer): Buffer[] {
    const cipher: CipherGCM = createCipheriv("aes-128-gcm", this.#key, this.#next());
    cipher.setAAD(head);
    return [head, cipher.update(body), cipher.final(), cipher.getAuthTag()];
  }

  decipher(head: Buffer, body: Buffer, tag: Buffer): Buffer {
    const decipher: DecipherGCM = createDecipheriv("aes-128-gcm", this.#key, this.#next());
    decipher.setAAD(head).setAuthTag(tag);
    return Buffer.concat([decipher.update(body), decipher.final()]);
  }

  #next(): Buffer {
    const iv = Buffer.from(this.#iv);
    this.#iv.writeBigUInt64BE(BigInt.asUintN(64, this.#iv.readBigUInt64BE(4) + 1n), 4);
    return iv;
  }
}
