import { appendFileSync } from "node:fs";
import { relative } from "node:path";
import type { Reporter, TestModule } from "vitest/node";
import { repository } from "../../infra/local-machine/places.ts";
import { passedList } from "./results.ts";

/**
 * A Vitest reporter that records every passed file. An interrupted run continues with the others, see run.ts.
 */
export default class Progress implements Reporter {
  onTestModuleEnd(module: TestModule): void {
    const directory = process.env.FAULT_RESULTS;
    if (directory === undefined || !module.ok()) return;
    appendFileSync(passedList(directory), `${relative(repository, module.moduleId)}\n`);
  }
}
