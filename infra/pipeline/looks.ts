import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Look } from "./drift-issues.ts";

/** What drift.sh left in `directory/drift-STACK` for each stack; a stack whose job left nothing is told as such. */
export function readLooks(directory: string, stacks: readonly string[]): Look[] {
  return stacks.map((stack) => {
    const read = (name: string) => {
      const path = join(directory, `drift-${stack}`, name);
      return existsSync(path) ? readFileSync(path, "utf8") : "";
    };
    const code = read("exit-code").trim();
    const exitCode = /^\d+$/.test(code) ? Number(code) : null;
    return { stack, exitCode, report: read("report.md"), findings: read("report.json") };
  });
}
