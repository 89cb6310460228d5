import { say } from "../../infra/local-machine/steps.ts";
import { full, seed } from "./extent.ts";

/** Vitest calls this once before the fault suite. */
export function setup(): void {
  const extent = full ? "all faults" : "a sample of the faults";
  say(`${extent}, seed ${seed()} (the same choices again: FAULT_SEED=…)`);
}
