import { expect, test } from "vitest";
import { decodeAs } from "../../../../scripts/lib/postgres/encodings.ts";

test.each([
  ["LATIN9", "a4", "€"],
  ["WIN1252", "80", "€"],
  ["LATIN1", "a4", "¤"],
  ["EUC_JP", "c6fc", "日"],
  ["KOI8R", "f1", "Я"],
  ["SQL_ASCII", "e4", "\udce4"],
  ["UTF8", "c3a4", "ä"],
])("a byte of %s is decoded", (encoding, bytes, text) => {
  expect(decodeAs(Buffer.from(bytes, "hex"), encoding)).toBe(text);
});
