import { writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { defaults } from "../config/defaults.ts";
import { project } from "../config/names.ts";

/** Keeps the commented defaults of the example equal to the schema's. */

/** Where the example lies in the repository. */
export const samplePath = join("docs", "examples", "one-server.yaml");

/** A mapping as YAML lines; every text in the defaults is plain or in need of quotes, never more. */
function yaml(value: object, indent: string): string[] {
  return Object.entries(value).flatMap(([key, inner]: [string, unknown]) =>
    typeof inner === "object" && inner !== null
      ? [`${indent}${key}:`, ...yaml(inner, `${indent}  `)]
      : [
          `${indent}${key}: ${typeof inner === "string" && /[*#:]/.test(inner) ? JSON.stringify(inner) : inner}`,
        ],
  );
}

function commented([key, value]: [string, unknown]): string[] {
  const lines =
    typeof value === "object" && value !== null ? [`${key}:`, ...yaml(value, "  ")] : [`${key}: ${value}`];
  return lines.map((line, index) => `  # ${index === 0 ? `${project}:` : ""}${line}`);
}

/** The text of the example of a stack's file: the server and the database by name, everything else as commented defaults. */
export function sampleStack(): string {
  return `# yaml-language-server: $schema=../configuration.schema.json
config:
  ${project}:servers:
    cloud.cerveras.com: {}
  ${project}:databases:
    curriculum_library_api: {}
  # What follows are the defaults; a server may have any of them for itself.
${Object.entries(defaults).flatMap(commented).join("\n")}
`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(join(dirname(dirname(import.meta.dirname)), samplePath), sampleStack());
}
