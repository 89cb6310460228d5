import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { partsOf, programHelps } from "../../../../infra/generated/program-help.ts";
import { withQuickReference } from "../../../../infra/generated/quick-reference-document.ts";

const helps = programHelps();
const optionsOf = (program: string): string[] =>
  helps.find(({ name }) => name === program)?.options.map(({ name }) => name) ?? [];

const documents = [
  "README.md",
  ...readdirSync("docs")
    .filter((name) => name.endsWith(".md"))
    .map((name) => `docs/${name}`),
].map((path) => ({ path, text: readFileSync(path, "utf8") }));

/** The first cells of the table whose header begins with this text. */
function firstCells(path: string, head: string): string[] {
  const lines = readFileSync(path, "utf8").split("\n");
  const begin = lines.findIndex((line) => line.startsWith(head));
  expect(begin, `${path} has a table that begins with ${head}`).toBeGreaterThan(-1);
  const rows = lines.slice(begin + 2);
  return rows
    .slice(
      0,
      rows.findIndex((line) => !line.startsWith("|")),
    )
    .map((line) => line.split("|")[1] ?? "");
}

const named = (cells: readonly string[]): string[] =>
  [...cells.join(" ").matchAll(/--(?<name>[a-z-]+)/g)].map(({ groups }) => groups?.name ?? "").sort();

test("the quick reference has the outputs' commands, the server's text and every program's options", () => {
  const text = readFileSync("docs/BACKUP_QUICK_REFERENCE.md", "utf8");
  expect(text).toBe(withQuickReference(text));
  expect(() => withQuickReference("a")).toThrow("must stand in the text");
});

test("a help's options are read with their values, over line ends, and its exit codes in both forms", () => {
  const text = `Usage: x [--a]

  --a          one
  --b-c VALUE  two
               lines
  --d 'T B'    three

Exit codes:
  0   fine
  12  not
`;
  expect(partsOf(text)).toEqual({
    options: [
      { name: "a", value: "", meaning: "one" },
      { name: "b-c", value: "VALUE", meaning: "two lines" },
      { name: "d", value: "'T B'", meaning: "three" },
    ],
    exitCodes: [0, 12],
  });
  expect(partsOf("Exit codes: 0 as deployed; 2 drift; 1 not").exitCodes).toEqual([0, 2, 1]);
});

test("every program has options and exit codes", () => {
  expect(helps.length).toBe(10);
  for (const { name, options, exitCodes } of helps) {
    expect(
      options.map((option) => option.name),
      name,
    ).toContain("help");
    expect(exitCodes, name).toContain(0);
    expect(exitCodes.length, name).toBeGreaterThan(2);
  }
});

test("every program of the server has the common options of the quick reference", () => {
  const onServer = helps.filter(({ name }) => /^\w+\.sh$/.test(name));
  expect(onServer.length).toBe(7);
  for (const { name } of onServer)
    expect(optionsOf(name), name).toEqual(expect.arrayContaining(["json", "quiet", "settings", "help"]));
});

test("the quick reference's table of a restore has the options of its --help", () => {
  const everywhere = ["settings", "help"];
  const said = new Set(named(firstCells("docs/BACKUP_QUICK_REFERENCE.md", "| `restore_database.sh …`")));
  const known = optionsOf("restore_database.sh").filter((name) => !everywhere.includes(name));
  expect([...said].sort()).toEqual(known.sort());
});

test("the quick reference's table of exit codes has those of backup, restore and rehearsal", () => {
  const said = firstCells("docs/BACKUP_QUICK_REFERENCE.md", "| exit code | `backup_database.sh`").map(Number);
  const programs = ["backup_database.sh", "restore_database.sh", "rehearse_restore.sh"];
  const codes = helps.filter(({ name }) => programs.includes(name)).flatMap(({ exitCodes }) => exitCodes);
  expect(said).toEqual([...new Set(codes)].sort((a, b) => a - b));
});

/** The words after a program's name in a command or a piece of code. */
const uses = documents.flatMap(({ path, text }) =>
  helps.flatMap(({ name }) =>
    [...text.matchAll(new RegExp(`${name.replaceAll(".", "\\.")}(?<words>[^\`\\n|;#]*)`, "g"))].map(
      ({ groups }) => ({ path, name, options: named([groups?.words ?? ""]) }),
    ),
  ),
);

test("no document names an option that its program lacks", () => {
  const unknown = uses.flatMap(({ path, name, options }) =>
    options
      .filter((option) => !optionsOf(name).includes(option))
      .map((option) => `${path}: ${name} --${option}`),
  );
  expect(unknown).toEqual([]);
  expect(uses.filter(({ options }) => options.length > 0).length).toBeGreaterThan(20);
});
