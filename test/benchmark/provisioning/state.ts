import { cpSync, rmSync } from "node:fs";

/** @returns a function that restores the present content of a state's directory: later deployments are forgotten */
export function forgetting(state: string): () => void {
  const first = `${state}-at-first`;
  cpSync(state, first, { recursive: true });
  return () => {
    rmSync(state, { recursive: true, force: true });
    cpSync(first, state, { recursive: true });
  };
}
