import { writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { defaults } from "../config/defaults.ts";
import { project } from "../config/names.ts";

/** Writes the defaults of the schema into the example, as comments. */

/** The path of the example in the repository. */
export const samplePath = join("docs", "examples", "one-server.yaml");

/** A mapping as YAML lines. No default needs more than quotes. */
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

/** The example of a stack's file: the names of a server and a database, and the defaults as comments. */
export function sampleStack(): string {
  return `# yaml-language-server: $schema=../configuration.schema.json
config:
  ${project}:servers:
    cloud.cerveras.com: {}
  ${project}:databases:
    curriculum_library_api: {}
  # These are the defaults. Each of them can also be set for one server.
${Object.entries(defaults).flatMap(commented).join("\n")}
`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(join(dirname(dirname(import.meta.dirname)), samplePath), sampleStack());
}
