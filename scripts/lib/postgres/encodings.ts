import { textOf } from "../base/text-bytes.ts";

/** PostgreSQL's names of encodings, with the names in the WHATWG standard, which Node uses. */
const labels: Readonly<Record<string, string>> = {
  LATIN2: "iso-8859-2",
  LATIN3: "iso-8859-3",
  LATIN4: "iso-8859-4",
  LATIN5: "iso-8859-9",
  LATIN6: "iso-8859-10",
  LATIN7: "iso-8859-13",
  LATIN8: "iso-8859-14",
  LATIN9: "iso-8859-15",
  LATIN10: "iso-8859-16",
  ISO_8859_5: "iso-8859-5",
  ISO_8859_6: "iso-8859-6",
  ISO_8859_7: "iso-8859-7",
  ISO_8859_8: "iso-8859-8",
  WIN866: "ibm866",
  WIN874: "windows-874",
  KOI8R: "koi8-r",
  KOI8U: "koi8-u",
  EUC_JP: "euc-jp",
  EUC_CN: "gb2312",
  EUC_KR: "euc-kr",
  BIG5: "big5",
  GBK: "gbk",
  GB18030: "gb18030",
  SJIS: "shift_jis",
  UHC: "euc-kr",
};

/** Bytes in one of PostgreSQL's encodings as text. */
export function decodeAs(bytes: Buffer, encoding: string): string {
  if (encoding === "LATIN1") return bytes.toString("latin1");
  const windows = /^WIN(125\d)$/.exec(encoding)?.[1];
  const label = windows === undefined ? labels[encoding] : `windows-${windows}`;
  if (label !== undefined) return new TextDecoder(label).decode(bytes);
  return textOf(bytes);
}

const setting = /^SET client_encoding = '(\w+)';$/m;

/** The encoding that a dump's text sets; null if it sets none. */
export const encodingIn = (text: string): string | null => setting.exec(text)?.[1] ?? null;

/** A whole text, decoded by the encoding that it sets. */
export const decodeOwn = (bytes: Buffer): string =>
  decodeAs(bytes, encodingIn(bytes.toString("latin1")) ?? "UTF8");
