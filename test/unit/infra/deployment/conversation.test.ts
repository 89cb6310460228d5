import { spawn } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";
import { projectNode, repository } from "../../../../infra/local-machine/places.ts";

const module = join(repository, "infra", "deployment", "conversation.ts");

/** Asks all questions of a first deployment up to the passphrase, then prints the answers as JSON. */
const program = `
import { conversation } from ${JSON.stringify(module)};
const talk = conversation(new AbortController().signal, (work) => work());
const answers = [
  await talk.ask("Which database? "),
  await talk.confirm("Keep it here? [y/N] "),
  await talk.askSecretly("Choose a passphrase: "),
  await talk.askSecretly("The same again: "),
  await talk.confirm("Deploy this? [y/N] "),
];
console.log("ANSWERS " + Buffer.from(JSON.stringify(answers)).toString("base64"));
`;

/** Runs it in a terminal, and types each answer when its question appears. */
async function typed(answers: readonly (readonly [question: string, answer: string])[]): Promise<string> {
  const command = `'${projectNode}' --input-type=module --eval '${program}'`;
  const child = spawn("script", ["--quiet", "--return", "--command", command, "/dev/null"], {
    stdio: "pipe",
  });
  let screen = "";
  let next = 0;
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    screen += text;
    const [question, answer] = answers[next] ?? [];
    if (question === undefined || !screen.includes(question)) return;
    next += 1;
    child.stdin.write(`${answer}\r`);
  });
  await new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", resolve);
  });
  return screen;
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: removes a terminal's control sequences
const controls = /\u001b\[[0-9;?]*[A-Za-z]/g;

test("a passphrase is never shown, also after questions whose answers are", async () => {
  const screen = await typed([
    ["Which database? ", "library"],
    ["Keep it here? ", "y"],
    ["Choose a passphrase: ", "a staple of horses"],
    ["The same again: ", "a staple of horses"],
    ["Deploy this? ", "yes"],
  ]);
  const answers = /ANSWERS (?<base64>\S+)/.exec(screen)?.groups?.base64 ?? "";
  expect(JSON.parse(Buffer.from(answers, "base64").toString())).toEqual([
    "library",
    true,
    "a staple of horses",
    "a staple of horses",
    true,
  ]);
  expect(screen).toContain("library");
  // A terminal that still listened would echo every character again.
  const shown = screen.slice(screen.indexOf("Choose a passphrase: "), screen.indexOf("Deploy this? "));
  expect(shown.replaceAll(controls, "").replaceAll(/\s/g, "")).toBe("Chooseapassphrase:Thesameagain:");
});
