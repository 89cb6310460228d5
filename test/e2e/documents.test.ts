import { afterEach, describe, expect, test } from "vitest";
import { chosen, seed } from "../faults/extent.ts";
import { type CommandBlock, type Document, documentAt, documents } from "./documents/commands.ts";
import { exceptions } from "./documents/exceptions.ts";
import { outcomes } from "./documents/outcomes.ts";
import type { Scene } from "./documents/scene.ts";
import { states } from "./documents/states.ts";
import { inTerminal, type TypedCommand } from "./documents/terminal.ts";
import { withValues } from "./documents/words.ts";

/**
 * Types every command of README.md and docs/*.md, as it stands there, in a terminal beside a clone of the repository,
 * with the real Pulumi CLI and a sandbox server behind the name that the documents use. A document begins with a
 * deployed server that has two backups; `<!-- given: STATE -->` before a block begins with another state
 * (documents/states.ts), and `<!-- then: OUTCOME -->` behind it says what must hold after it (documents/outcomes.ts).
 * Each command must exit with 0, or with the code of a comment behind it: `# exits 7: why`. Capital words such as
 * FILE are replaced (documents/words.ts), questions are answered (documents/terminal.ts), and what cannot run here
 * stands in documents/exceptions.ts or is a stand-in (documents/stand-ins.ts). DOCUMENT=docs/NAME.md runs one
 * document alone and shows what it prints.
 *
 * All of them take half an hour of two processors. A run types those with which everybody begins and in which the
 * procedures after a disaster stand, and a sample of the others by the seed of the fault suite; DOCUMENT=all every one.
 */

const all = documents();
const always = ["README.md", "docs/COMPLETE_BACKUP_SYSTEM.md"];
const inSample = 2;

function documentsToType(): readonly Document[] {
  const { DOCUMENT: wish = "" } = process.env;
  if (wish === "all") return all;
  if (wish !== "") return [documentAt(wish)];
  const others = all.filter(({ path, blocks }) => !always.includes(path) && blocks.length > 0);
  const sample = [...always.map(documentAt), ...chosen("documents", others, inSample)];
  console.log(
    `Typed, by seed ${seed()}: ${sample.map(({ path }) => path).join(", ")}; all with DOCUMENT=all`,
  );
  return sample;
}

const minutes = 60_000;

const isException = (document: Document, command: string): boolean =>
  exceptions.some((one) => one.document === document.path && one.command === command);

describe("what is written", () => {
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
});

/** A command that follows a file ends only when its reader has seen enough. */
const following = /\btail -[fF]\b|\blogs -f\b/;
const secondsToFollow = 3;

function typed(text: string, exits: number, scene: Scene): TypedCommand {
  const command = withValues(text, scene);
  return following.test(command)
    ? { text: `timeout --foreground ${secondsToFollow} ${command}`, exits: 124 }
    : { text: command, exits };
}

let scene: Scene | null = null;
afterEach(async () => {
  await scene?.remove();
  scene = null;
});

async function begin(state: string): Promise<Scene> {
  await scene?.remove();
  scene = null;
  const make = states[state];
  if (make === undefined) throw new Error(`there is no state "${state}"`);
  scene = await make();
  return scene;
}

const withCommands = (document: Document): Document => ({
  ...document,
  blocks: document.blocks
    .map((block: CommandBlock) => ({
      ...block,
      commands: block.commands.filter(({ text }) => !isException(document, text)),
    }))
    .filter(({ given, outcome, commands }) => given !== null || outcome !== null || commands.length > 0),
});

describe.each(
  documentsToType()
    .map(withCommands)
    .filter(({ blocks }) => blocks.length > 0),
)("$path", ({ path, blocks }) => {
  test(
    "its commands do what a reader expects of them",
    async () => {
      let now: Scene | null = null;
      for (const { given, outcome, commands } of blocks) {
        if (given !== null || now === null) now = await begin(given ?? "deployed");
        const there = now;
        const lines = commands.map(({ text, exits }) => typed(text, exits, there));
        const { codes, screen } = await inTerminal(lines, there.directory, there.environment);
        if (process.env.DOCUMENT) process.stdout.write(screen);
        const last = commands[codes.length - 1];
        expect(codes, `${path}:${last?.line}: ${last?.text}\n${screen.slice(-6000)}`).toEqual(
          lines.map(({ exits }) => exits),
        );
        if (outcome !== null) await outcomes[outcome]?.(there);
      }
    },
    40 * minutes,
  );
});
