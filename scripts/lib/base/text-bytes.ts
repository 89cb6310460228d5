import { isUtf8 } from "node:buffer";

const sequences = /[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}|[\x80-\xff]/g;
const escapeBase = 0xdc00;

/**
 * Bytes as text. A database in SQL_ASCII may have names that are not UTF-8: each byte that belongs to no character
 * becomes a lone surrogate (U+DC80 to U+DCFF), which `bytesOf` turns back into the byte.
 */
export function textOf(bytes: Buffer): string {
  if (isUtf8(bytes)) return bytes.toString("utf8");
  return bytes.toString("latin1").replace(sequences, (sequence) => {
    const own = Buffer.from(sequence, "latin1");
    if (isUtf8(own)) return own.toString("utf8");
    return [...own].map((byte) => String.fromCharCode(byte < 0x80 ? byte : escapeBase + byte)).join("");
  });
}

/** The reverse of `textOf`. */
export function bytesOf(text: string): Buffer {
  if (text.isWellFormed()) return Buffer.from(text, "utf8");
  const single = (character: string): string => {
    const code = character.charCodeAt(0) - escapeBase;
    const escaped = character.length === 1 && code >= 0x80 && code <= 0xff;
    return escaped ? String.fromCharCode(code) : Buffer.from(character, "utf8").toString("latin1");
  };
  return Buffer.from(text.replace(/[^\0-\x7f]/gu, single), "latin1");
}
