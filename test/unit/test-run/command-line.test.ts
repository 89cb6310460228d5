import { describe, expect, test } from "vitest";
import { parseCommandLine } from "../../command-line.ts";

describe("the words of a test run", () => {
  test("without options are Vitest's", () => {
    expect(parseCommandLine(["test/unit", "-t", "a name"])).toEqual({
      ...{ extent: "usual", postgres: null, words: ["test/unit", "-t", "a name"] },
    });
  });

  test.each([
    [["--full"], { extent: "full", words: [] }],
    [["--full", "--rest", "90"], { extent: { seconds: 90 }, words: [] }],
    [["--postgres", "17", "test/server"], { postgres: 17, words: ["test/server"] }],
  ])("%s", (words, request) => expect(parseCommandLine(words)).toMatchObject(request));

  test.each([
    [["--rest"]],
    [["--rest", "soon"]],
    [["--rest", "-1"]],
    [["--rest", "90", "test/unit"]],
    [["--postgres", "9"]],
    [["--postgres"]],
  ])("%s is refused", (words) => expect(() => parseCommandLine(words)).toThrow(words[0]));
});
