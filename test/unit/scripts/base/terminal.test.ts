import { expect, test } from "vitest";
import { painter, printable } from "../../../../scripts/lib/base/terminal.ts";

test.each([
  ["lines and columns", "a\n\tb", "a\n\tb"],
  ["our colours", painter(true)("red", "broken"), "\u001b[31mbroken\u001b[0m"],
  ["a title that a name sets", "table \u001b]0;owned\u0007", "table ?]0;owned?"],
  ["a name that overwrites the line", "failed\rhealthy\u001b[2K", "failed?healthy?[2K"],
  ["control characters beyond ASCII", "a\u009bb\u0085c", "a?b?c"],
  ["letters of any language", "Größe 表 🎉", "Größe 表 🎉"],
])("%s", (_what, text, shown) => expect(printable(text)).toBe(shown));
