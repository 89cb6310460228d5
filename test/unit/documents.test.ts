import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { repository } from "../../infra/local-machine/places.ts";
import { documentAt, documents } from "../e2e/documents/commands.ts";
import { exceptions } from "../e2e/documents/exceptions.ts";
import { outcomes } from "../e2e/documents/outcomes.ts";
import { states } from "../e2e/documents/states.ts";

/** Rules for the text of the documents, and for the tests that type their commands. */

const all = documents();

test("commands stand in blocks of the language sh, and what is no command in others", () => {
  const others = all.flatMap(({ path, languages }) =>
    languages
      .filter((language) => !["sh", "yaml", "json", "text", "sql", "ts", ""].includes(language))
      .map((language) => `${path}: ${language}`),
  );
  expect(others).toEqual([]);
  expect(all.flatMap(({ blocks }) => blocks).length).toBeGreaterThan(10);
});

test("each block begins with a state that there is, and ends with an outcome that there is", () => {
  const unknown = all.flatMap(({ path, blocks }) =>
    blocks
      .flatMap(({ given, outcome }) => [
        given === null || given in states ? null : given,
        outcome === null || outcome in outcomes ? null : outcome,
      ])
      .filter((name) => name !== null)
      .map((name) => `${path}: ${name}`),
  );
  expect(unknown).toEqual([]);
});

test.each([["server lost"], ["database corrupted"]])(
  "a procedure begins with %s, and ends with what the backup held",
  (state) => {
    const { blocks } = documentAt("docs/COMPLETE_BACKUP_SYSTEM.md");
    const begin = blocks.findIndex(({ given }) => given === state);
    const after = blocks.slice(begin + 1).findIndex(({ given }) => given !== null);
    const procedure = begin < 0 ? [] : blocks.slice(begin, after < 0 ? undefined : begin + 1 + after);
    expect(procedure.map(({ outcome }) => outcome)).toContain("as in the newest backup");
  },
);

test("each exception is a command that a document has", () => {
  const stale = exceptions.filter(
    ({ document, command }) =>
      !all.some(
        ({ path, blocks }) =>
          path === document && blocks.some(({ commands }) => commands.some(({ text }) => text === command)),
      ),
  );
  expect(stale).toEqual([]);
  expect(exceptions.filter(({ reason }) => reason.length < 10)).toEqual([]);
});

test("the commands of each document are typed by a test, and each such test has a document", () => {
  const typed = globSync("test/e2e/documents/*.test.ts", { cwd: repository }).map(
    (file) => /typeDocument\("([^"]+)"\)/.exec(readFileSync(join(repository, file), "utf8"))?.[1],
  );
  const isTyped = (document: string, command: string) =>
    !exceptions.some((one) => one.document === document && one.command === command);
  const wanted = all
    .filter(({ path, blocks }) =>
      blocks.some(({ commands }) => commands.some(({ text }) => isTyped(path, text))),
    )
    .map(({ path }) => path);
  expect(typed.sort()).toEqual(wanted.sort());
});

test("README and docs are short enough to be read", () => {
  const measured = ["docs/PERFORMANCE.md", "docs/RELIABILITY.md"];
  const words = all
    .filter(({ path }) => !measured.includes(path))
    .flatMap(({ path }) => readFileSync(join(repository, path), "utf8").split(/\s+/))
    .filter((word) => word !== "");
  expect(words.length).toBeLessThanOrEqual(24_000);
});
