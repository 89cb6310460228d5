import { afterEach, describe, expect, test } from "vitest";
import { type CommandBlock, type Document, documentAt } from "./commands.ts";
import { exceptions } from "./exceptions.ts";
import { outcomes } from "./outcomes.ts";
import type { Scene } from "./scene.ts";
import { states } from "./states.ts";
import { inTerminal, type TypedCommand } from "./terminal.ts";
import { withValues } from "./words.ts";

/** A command that follows a file ends only when its reader ends it. */
const following = /\btail -[fF]\b|\blogs -f\b/;
const secondsToFollow = 3;

function typed(text: string, exits: number, scene: Scene): TypedCommand {
  const command = withValues(text, scene);
  return following.test(command)
    ? { text: `timeout --foreground ${secondsToFollow} ${command}`, exits: 124 }
    : { text: command, exits };
}

let scene: Scene | null = null;

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

const minutes = 60_000;

const isException = (document: Document, command: string): boolean =>
  exceptions.some((one) => one.document === document.path && one.command === command);

/**
 * Types every command of a document, as it stands there, in a terminal beside a clone of the repository, with the real
 * Pulumi CLI and a sandbox server behind the name that the documents use. A document begins with a deployed server that
 * has two backups; `<!-- given: STATE -->` before a block begins with another state (states.ts), and
 * `<!-- then: OUTCOME -->` behind it says what must hold after it (outcomes.ts). Each command must exit with 0, or with
 * the code of a comment behind it: `# exits 7: why`. Capital words such as FILE are replaced (words.ts), questions are
 * answered (terminal.ts), and what cannot run here stands in exceptions.ts or is a stand-in (stand-ins.ts). With SCREEN
 * in the environment what is printed is shown.
 * @param path from the repository's root
 */
export function typeDocument(path: string): void {
  const { blocks } = withCommands(documentAt(path));
  describe(path, () => {
    afterEach(async () => {
      await scene?.remove();
      scene = null;
    });

    test(
      "its commands do what a reader expects of them",
      async () => {
        let now: Scene | null = null;
        for (const { given, outcome, commands } of blocks) {
          if (given !== null || now === null) now = await begin(given ?? "deployed");
          const there = now;
          const lines = commands.map(({ text, exits }) => typed(text, exits, there));
          const { codes, screen } = await inTerminal(lines, there.directory, there.environment);
          if (process.env.SCREEN) process.stdout.write(screen);
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
}
