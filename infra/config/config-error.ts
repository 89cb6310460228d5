import { RunError } from "@pulumi/pulumi/errors.js";
import { type Problem, pathText } from "./problems.ts";

/** The configuration cannot be used. Pulumi prints the message of a RunError without a stack trace. */
export class ConfigError extends RunError {
  readonly problems: readonly Problem[];
  constructor(project: string, stack: string, problems: readonly Problem[]) {
    const lines = [...new Set(problems.map(({ path, text }) => `  ${project}:${pathText(path)}: ${text}`))];
    const count = lines.length === 1 ? "one problem" : `${lines.length} problems`;
    super(`Pulumi.${stack}.yaml has ${count}; no server was contacted [DBK-CONFIG-1]:\n${lines.join("\n")}`);
    this.problems = problems;
  }
}
