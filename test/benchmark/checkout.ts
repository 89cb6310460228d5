import { basename, join, resolve } from "node:path";
import { buildPrograms } from "../../scripts/build.ts";
import { createStack } from "../sandbox/stack.ts";
import { settingsFor } from "../server/programs.ts";

/** A work tree of this project, as measured. */
export interface Checkout {
  /** The name of its directories on servers. */
  name: string;
  /** In older checkouts it is not a promise. */
  buildPrograms: typeof buildPrograms;
  settingsFor: typeof settingsFor;
  createStack: typeof createStack;
}

export const thisCheckout: Checkout = { name: "this", buildPrograms, settingsFor, createStack };

/**
 * Another work tree, with its dependencies installed. Only its programs, its settings and its deployments are its own:
 * servers and clock are this one's.
 */
export async function checkoutAt(path: string): Promise<Checkout> {
  const from = (file: string) => import(join(resolve(path), file));
  const build: { buildPrograms: typeof buildPrograms } = await from("scripts/build.ts");
  const stack: { createStack: typeof createStack } = await from("test/sandbox/stack.ts");
  const programs: { settingsFor: typeof settingsFor } = await from("test/server/programs.ts");
  return {
    name: `other-${basename(resolve(path))}`,
    buildPrograms: build.buildPrograms,
    settingsFor: programs.settingsFor,
    createStack: stack.createStack,
  };
}
