import { open } from "node:fs/promises";
import { promisify } from "node:util";
import { inflateRaw } from "node:zlib";

const inflate = promisify(inflateRaw);

const endLength = 22;
const longestComment = 65_535;
const [endMark, entryMark, localMark] = [0x06054b50, 0x02014b50, 0x04034b50];
const stored = 0;
const deflated = 8;

/** What a program may be large at most, in bytes. */
const largest = 2 ** 29;

/**
 * The bytes of one file in a zip. Their checksum is not compared: the caller knows what they must be.
 * @throws if it is no zip, or has no such file.
 */
export async function zipMember(path: string, member: string): Promise<Buffer> {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    const part = async (at: number, length: number): Promise<Buffer> => {
      const bytes = Buffer.alloc(Math.max(0, Math.min(length, size - at)));
      const { bytesRead } = await file.read(bytes, 0, bytes.length, at);
      if (bytesRead < length) throw new Error("it is cut off");
      return bytes;
    };
    const tailLength = Math.min(size, endLength + longestComment);
    const tail = await part(size - tailLength, tailLength);
    const end = lastIndexOf(tail, endMark);
    if (end === -1) throw new Error("it is no zip");
    const directory = await part(tail.readUInt32LE(end + 16), tail.readUInt32LE(end + 12));
    const entry = entryOf(directory, member);
    if (entry === null) throw new Error(`it has no ${member}`);
    if (entry.length > largest) throw new Error(`${member} in it is larger than ${largest} bytes`);
    const local = await part(entry.at, 30);
    if (local.readUInt32LE(0) !== localMark) throw new Error("it is damaged");
    const at = entry.at + 30 + local.readUInt16LE(26) + local.readUInt16LE(28);
    const packed = await part(at, entry.packedLength);
    if (entry.method === stored) return packed;
    if (entry.method !== deflated) throw new Error(`${member} in it is packed in an unknown way`);
    return await inflate(packed, { maxOutputLength: Math.max(1, entry.length) });
  } finally {
    await file.close();
  }
}

interface Entry {
  method: number;
  packedLength: number;
  length: number;
  /** Where its own header begins. */
  at: number;
}

function lastIndexOf(bytes: Buffer, mark: number): number {
  for (let at = bytes.length - endLength; at >= 0; at -= 1) if (bytes.readUInt32LE(at) === mark) return at;
  return -1;
}

function entryOf(directory: Buffer, member: string): Entry | null {
  let at = 0;
  while (at + 46 <= directory.length && directory.readUInt32LE(at) === entryMark) {
    const nameEnd = at + 46 + directory.readUInt16LE(at + 28);
    if (directory.toString("utf8", at + 46, nameEnd) === member)
      return {
        method: directory.readUInt16LE(at + 10),
        packedLength: directory.readUInt32LE(at + 20),
        length: directory.readUInt32LE(at + 24),
        at: directory.readUInt32LE(at + 42),
      };
    at = nameEnd + directory.readUInt16LE(at + 30) + directory.readUInt16LE(at + 32);
  }
  return null;
}
