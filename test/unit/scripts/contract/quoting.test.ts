import { execFileSync } from "node:child_process";
import fc from "fast-check";
import { expect, it } from "vitest";
import { quote } from "../../../../scripts/contract/quoting.ts";

it("makes any text one word that a real sh takes for nothing else", () => {
  const text = fc.string({ unit: "binary" }).filter((value) => !value.includes("\0") && value.isWellFormed());
  const texts = fc.array(text, { minLength: 30, maxLength: 60 });
  fc.assert(
    fc.property(texts, (values) => {
      const script = `for word in ${values.map(quote).join(" ")}; do printf '%s\\036\\036' "$word"; done`;
      const output = execFileSync("/bin/sh", [], { input: script }).toString();
      expect(output).toBe(values.map((value) => `${value}\x1e\x1e`).join(""));
    }),
    { numRuns: 20 },
  );
});

it.each(["$(touch /tmp/x)", "`id`", "a'b", "'", "\\", "-n", "*", "a\nb", "!x", ";&|<>#~"])(
  "%j stays itself",
  (text) => {
    expect(execFileSync("/bin/sh", ["-c", `printf %s ${quote(text)}`]).toString()).toBe(text);
  },
);

it("refuses a NUL byte", () => {
  expect(() => quote("a\0b")).toThrow(RangeError);
});
