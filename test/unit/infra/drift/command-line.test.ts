import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parseCommandLine, UsageError, usage } from "../../../../infra/drift/command-line.ts";

const documentation = readFileSync(join(import.meta.dirname, "../../../../docs/drift.md"), "utf8");

test("without words: the selected stack, all servers, text", () => {
  expect(parseCommandLine([])).toEqual({ stack: null, only: null, output: "text", markdownFiles: [] });
});

test("every option", () => {
  const words = ["--stack", "prod", "--only", "web-*", "--json", "--markdown", "a.md", "--markdown=b.md"];
  expect(parseCommandLine(words)).toEqual({
    stack: "prod",
    only: "web-*",
    output: "json",
    markdownFiles: ["a.md", "b.md"],
  });
  expect(parseCommandLine(["--markdown", "-"])).toMatchObject({ output: "markdown", markdownFiles: [] });
  expect(parseCommandLine(["--json", "--help"])).toBe("help");
});

test.each([
  [["prod"], /prod/],
  [["--stak", "prod"], /--stak/],
  [["--stack"], /--stack/],
  [["--stack="], /--stack needs a value/],
  [["--markdown", ""], /--markdown needs a value/],
  [["--json", "--markdown", "-"], /both want standard output/],
])("%j is refused", (words, message) => {
  expect(() => parseCommandLine(words)).toThrow(UsageError);
  expect(() => parseCommandLine(words)).toThrow(message);
});

test("--help and the documentation name the same options", () => {
  const optionsIn = (text: string) => new Set(text.match(/--[a-z]+/g));
  const documented = documentation.slice(0, documentation.indexOf("| exit code |"));
  expect(optionsIn(usage)).toEqual(optionsIn(documented));
});
