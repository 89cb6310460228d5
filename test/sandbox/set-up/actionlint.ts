import { ensureGoProgram, GoUnavailable } from "./go-program.ts";

/** actionlint, or why this machine cannot have it. */
export type Actionlint = { path: string } | { reason: string };

/** The linter of GitHub's workflows. */
export async function ensureActionlint(): Promise<Actionlint> {
  const program = {
    name: "actionlint",
    version: "1.7.12",
    package: "github.com/rhysd/actionlint/cmd/actionlint",
  };
  try {
    return { path: await ensureGoProgram(program) };
  } catch (error) {
    if (error instanceof GoUnavailable) return { reason: error.message };
    throw error;
  }
}
