import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Setting, settings } from "../config/settings-table.ts";

/** Writes the table of settings in docs/BACKUP_CONFIGURATION.md from the schema. */

const begin = "<!-- configuration -->";
const end = "<!-- /configuration -->";

const code = (text: string): string => `\`${text}\``;

/** A setting with its default as in a stack's file, or with its kind. Of two alternatives the first is the default. */
const settingText = ({ path, kind, fallback }: Setting): string => {
  if (fallback === null) return `${code(`${path}:`)} *${kind}*`;
  if (kind.startsWith(`${code(fallback)} or `))
    return `${code(`${path}: ${fallback}`)}, or ${kind.slice(fallback.length + 6)}`;
  return /^(the|all|as) /.test(fallback) ? `${code(`${path}:`)} ${fallback}` : code(`${path}: ${fallback}`);
};

const cell = (text: string): string => text.replaceAll("|", "\\|");

/** The table of all settings, in Markdown. */
export function configurationTable(): string {
  const rows = settings.map((setting) => [settingText(setting), setting.meaning]);
  const lines = [["Setting and default, or *kind*", "Meaning"], ["---", "---"], ...rows];
  return lines.map((cells) => `| ${cells.map(cell).join(" | ")} |`).join("\n");
}

/**
 * The document with its table replaced.
 * @throws if a marker is missing
 */
export function withConfigurationTable(text: string): string {
  const [before, rest] = text.split(begin);
  const after = rest?.split(end)[1];
  if (before === undefined || after === undefined)
    throw new Error(`${begin} and ${end} must stand in the text`);
  return `${before}${begin}\n\n${configurationTable()}\n\n${end}${after}`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const document = join(dirname(dirname(import.meta.dirname)), "docs", "BACKUP_CONFIGURATION.md");
  writeFileSync(document, withConfigurationTable(readFileSync(document, "utf8")));
}
