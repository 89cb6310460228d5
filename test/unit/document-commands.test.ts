import { expect, test } from "vitest";
import { partsOf } from "../e2e/documents/commands.ts";

/** The commands that the test of the documents finds in a text. Fences are written with ~ here. */
const found = (text: string) => partsOf(text.replaceAll("~~~", "```"));
const commandsOf = (text: string) => found(text).blocks.flatMap(({ commands }) => commands);

test("blocks of commands are found, in lists too, and others are only named", () => {
  const { languages, blocks } = found(`# A
~~~sh
first
~~~
1. b

   ~~~sh
   second
     third
   ~~~
~~~yaml
a: 1
~~~
~~~
output
~~~
`);
  expect(languages).toEqual(["sh", "sh", "yaml", ""]);
  expect(blocks.map(({ commands }) => commands.map(({ text, line }) => [text, line]))).toEqual([
    [["first", 3]],
    [
      ["second", 8],
      ["  third", 9],
    ],
  ]);
});

test.each([
  ["a\nb", ["a", "b"]],
  ["# only a comment\n\na", ["a"]],
  ["a \\\n  b\nc", ["a \\\n  b", "c"]],
  ["a |\n  b\nc &&\nd", ["a |\n  b", "c &&\nd"]],
  ["for x in 1 2; do\n  a\ndone\nb", ["for x in 1 2; do\n  a\ndone", "b"]],
  ["a 'one\ntwo'\nb", ["a 'one\ntwo'", "b"]],
  ["cat <<'END'\none\nEND\nb", ["cat <<'END'\none\nEND", "b"]],
])("%j is taken apart as a shell reads it", (block, expected) => {
  expect(commandsOf(`~~~sh\n${block}\n~~~`).map(({ text }) => text)).toEqual(expected);
});

test("a command that no shell can read is an error with its line", () => {
  expect(() => commandsOf("~~~sh\na 'b\n~~~")).toThrow("line 2: no shell can read\na 'b");
});

test("a comment after a command sets its exit code; the words of the command do not", () => {
  const commands = commandsOf("~~~sh\na   # exits 7: something differs\nb # well\necho exits 3\n~~~");
  expect(commands.map(({ exits }) => exits)).toEqual([7, 0, 0]);
});

test("a state belongs to the next block alone", () => {
  const { blocks } = found("<!-- given: server lost -->\n\n~~~sh\na\n~~~\n\n~~~sh\nb\n~~~");
  expect(blocks.map(({ given }) => given)).toEqual(["server lost", null]);
});

test("an outcome belongs to the block before it", () => {
  const { blocks } = found("~~~sh\na\n~~~\n\n~~~sh\nb\n~~~\n\n<!-- then: healthy -->\n\n~~~sh\nc\n~~~");
  expect(blocks.map(({ outcome }) => outcome)).toEqual([null, "healthy", null]);
  expect(() => found("a\n<!-- then: healthy -->")).toThrow("line 2: no block of commands stands before it");
});

test("what a procedure's first block assigns holds until its end, and no further", () => {
  const { blocks } = found(
    "# A\n~~~sh\nSERVER=a.com\nb $SERVER\n~~~\n~~~sh\nc $SERVER\n~~~\n## B\n~~~sh\nd $SERVER\n~~~\n",
  );
  expect(blocks.map(({ commands }) => commands.map(({ text }) => text))).toEqual([
    ["SERVER=a.com", "b $SERVER"],
    ["SERVER=a.com", "c $SERVER"],
    ["d $SERVER"],
  ]);
});
