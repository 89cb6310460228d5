import { expect, test } from "vitest";
import { bytesOf, textOf } from "../../../../scripts/lib/base/text-bytes.ts";

test.each<[string, number[], string]>([
  ["ASCII", [0x61, 0x0a], "a\n"],
  ["UTF-8", [...Buffer.from("Größe 日本 🦊")], "Größe 日本 🦊"],
  ["Latin-1", [0x47, 0x72, 0xf6, 0xdf, 0x65], "Gr\udcf6\udcdfe"],
  ["both", [...Buffer.from("ü"), 0xfc, ...Buffer.from("🦊"), 0xf0], "ü\udcfc🦊\udcf0"],
  ["a character cut off", [0xe6, 0x97], "\udce6\udc97"],
  ["a surrogate in UTF-8", [0xed, 0xb2, 0x80, 0x61], "\udced\udcb2\udc80a"],
  ["more than Unicode has", [0xf4, 0x90, 0x80, 0x80], "\udcf4\udc90\udc80\udc80"],
])("%s is text and the same bytes again", (_, bytes, text) => {
  expect(textOf(Buffer.from(bytes))).toBe(text);
  expect([...bytesOf(text)]).toEqual(bytes);
});

test("any bytes come back, also by way of JSON", () => {
  for (let round = 0; round < 200; round += 1) {
    const bytes = Buffer.from(Array.from({ length: 40 }, () => Math.floor(Math.random() * 256)));
    const text: unknown = JSON.parse(JSON.stringify(textOf(bytes)));
    expect(bytesOf(String(text))).toEqual(bytes);
  }
});
