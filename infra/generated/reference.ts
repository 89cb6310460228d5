import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Setting, settings } from "../config/settings-table.ts";
import { ownFieldNames, type StoreType, storeDefaults, storeTypes } from "../config/store-schema.ts";

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

const store = "copies.STORE";

/** What a type of store has of its own is one row. */
function typeRow(type: StoreType): string[] {
  const { needed, optional } = ownFieldNames(type);
  const may = optional.length === 0 ? "" : `; ${optional.map(code).join(", ")}`;
  return [code(`${store}.type: ${type}`), `${needed.map(code).join(", ")}${may}`];
}

/** So is how long copies are kept. */
const retentionRow = [
  code(
    `${store}.retention: { ${Object.entries(storeDefaults.retention)
      .map(([name, count]) => `${name}: ${count}`)
      .join(", ")} }`,
  ),
  "As `backups.retention`, for copies",
];

function rowsOf(setting: Setting): string[][] {
  const { path } = setting;
  if (path === `${store}.type`) return storeTypes.map(typeRow);
  if (
    storeTypes.some((type) =>
      Object.values(ownFieldNames(type))
        .flat()
        .some((name) => path === `${store}.${name}`),
    )
  )
    return [];
  if (path.startsWith(`${store}.retention.`)) return path.endsWith(".days") ? [retentionRow] : [];
  return [[settingText(setting), setting.meaning]];
}

/** The table of all settings, in Markdown. */
export function configurationTable(): string {
  const rows = settings.flatMap(rowsOf);
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
