import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";
import { planOf } from "../config/load.ts";
import { project } from "../config/names.ts";
import type { ServerPlan } from "../config/plan.ts";
import { type ServerCommands, serverCommands } from "../server-files/commands.ts";
import { quickReferenceText } from "../server-files/quick-reference.ts";
import { programHelps } from "./program-help.ts";
import { sampleStack } from "./sample-stack.ts";

/** Writes the parts of docs/BACKUP_QUICK_REFERENCE.md that the outputs, the server and `--help` have too. */

const meanings: Readonly<Record<keyof ServerCommands, string>> = {
  status: "eight points, then the figures",
  backup: "back up now",
  listBackups: "what there is",
  restore: "restore: shows what would be replaced, asks",
  rehearse: "prove that the newest backup restores",
  prune: "why each file stays or goes",
  pin: "keep this one for good",
  copy: "copy what the stores lack, and read it back",
  rollback: "undo the last restore",
  log: "what the programs do",
  download: "copies of all backups",
  deployOnly: "deploy this server alone",
};

/** The server of the repository's example. */
function samplePlan(): ServerPlan {
  const { config = {} }: { config?: Record<string, unknown> } = parse(sampleStack());
  const root = Object.entries(config).map(([key, value]) => [key.slice(project.length + 1), value]);
  const result = planOf(Object.fromEntries(root));
  const server = "plan" in result ? result.plan.servers[0] : undefined;
  if (server === undefined) throw new Error("the example describes no server");
  return server;
}

const block = (language: string, text: string): string => `\`\`\`${language}\n${text.trimEnd()}\n\`\`\``;

function commandsBlock(plan: ServerPlan): string {
  const entries = Object.entries(meanings).flatMap(([name, meaning]) => {
    const command: unknown = Reflect.get(serverCommands(plan), name);
    return command === undefined ? [] : [`# ${meaning}\n${command}`];
  });
  return block("sh", entries.join("\n"));
}

/** Options that every program of the server has. The document names them once, above the table. */
const everywhere = ["json", "settings", "quiet", "help"];

/** Programs whose options another table explains. */
const explained = ["restore_database.sh", "scripts/deploy_backup_system.sh", "npm run drift --"];

function optionsTable(): string {
  const rows = programHelps().flatMap(({ name, options }) => {
    const own = options.filter((option) => !everywhere.includes(option.name));
    if (own.length === 0 || explained.includes(name)) return [];
    const named = own.map((option) => `\`${`--${option.name} ${option.value}`.trim()}\``);
    return `| \`${name}\` | ${named.join(", ")} |`;
  });
  return ["| program | options |", "| --- | --- |", ...rows].join("\n");
}

/** The part of the server's quick reference that is needed after the server is lost. The documents have the rest. */
function restoreByHand(plan: ServerPlan): string {
  const text = quickReferenceText(plan, "prod");
  const [from, to] = [text.indexOf("Restore without these programs"), text.indexOf("\n\nFiles\n")];
  if (from < 0 || to < from) throw new Error("the quick reference lacks the section on restoring by hand");
  return text.slice(from, to);
}

/** The text between `<!-- NAME -->` and `<!-- /NAME -->`, by NAME. */
const parts = (): Record<string, string> => {
  const plan = samplePlan();
  return {
    commands: commandsBlock(plan),
    "on the server": block("text", restoreByHand(plan)),
    options: optionsTable(),
  };
};

/**
 * The document with its generated parts replaced.
 * @throws if a marker is missing
 */
export function withQuickReference(text: string): string {
  return Object.entries(parts()).reduce((before, [name, content]) => {
    const [begin, end] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
    const [from, to] = [before.indexOf(begin), before.indexOf(end)];
    if (from < 0 || to < from) throw new Error(`${begin} and ${end} must stand in the text`);
    return `${before.slice(0, from)}${begin}\n\n${content}\n\n${before.slice(to)}`;
  }, text);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const document = join(dirname(dirname(import.meta.dirname)), "docs", "BACKUP_QUICK_REFERENCE.md");
  writeFileSync(document, withQuickReference(readFileSync(document, "utf8")));
}
