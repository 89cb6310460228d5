import { cpSync, rmSync } from "node:fs";

/** Gives what puts the directory of a state back as it is now: all that was deployed from now on is forgotten. */
export function forgetting(state: string): () => void {
  const first = `${state}-at-first`;
  cpSync(state, first, { recursive: true });
  return () => {
    rmSync(state, { recursive: true, force: true });
    cpSync(first, state, { recursive: true });
  };
}
