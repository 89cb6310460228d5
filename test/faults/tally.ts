import { appendFileSync } from "node:fs";
import { join, relative } from "node:path";
import { expect } from "vitest";
import { repository } from "../../infra/local-machine/places.ts";
import type { PromiseKept, Tallied } from "./results.ts";

/** Notes a fault that was survived; nothing unless `npm run faults` has said where. */
export function tally(fault: string, times: number, kept: readonly PromiseKept[]): void {
  const directory = process.env.FAULT_RESULTS;
  if (directory === undefined) return;
  const file = relative(repository, expect.getState().testPath ?? "");
  const row: Tallied = { file, fault, times, kept };
  appendFileSync(join(directory, `${process.pid}.jsonl`), `${JSON.stringify(row)}\n`);
}
