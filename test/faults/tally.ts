import { appendFileSync } from "node:fs";
import { join, relative } from "node:path";
import { expect } from "vitest";
import { repository } from "../../infra/local-machine/places.ts";
import type { PromiseKept, Tallied } from "./results.ts";

/** Records a survived fault, if `npm run faults` has given a place for it. */
export function tally(fault: string, times: number, kept: readonly PromiseKept[]): void {
  const directory = process.env.FAULT_RESULTS;
  if (directory === undefined) return;
  const file = relative(repository, expect.getState().testPath ?? "");
  const row: Tallied = { file, fault, times, kept };
  appendFileSync(join(directory, `${process.pid}.jsonl`), `${JSON.stringify(row)}\n`);
}
