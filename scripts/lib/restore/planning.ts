import { ProgramError } from "../base/errors.ts";
import { ExitCode } from "../base/exit-codes.ts";

/** One planned step of a restore. */
export interface Step {
  what: string;
  /** The facts that it found, or its needs. */
  needs: string;
  commands: readonly string[];
  /** Why it cannot be done; null when it can. */
  problem: string | null;
}

export interface Plan {
  /** The exit code of the restore, as far as can be seen now. */
  exitCode: ExitCode;
  steps: Step[];
  /** Whether it depends on a fact that only the restore itself finds out. */
  pending: boolean;
}

/** Goes through the steps of a run without doing them. It queries and reads, and takes no lock. */
export class Planning {
  readonly plan: Plan = { exitCode: ExitCode.success, steps: [], pending: false };

  /** Whether it depends on a trial that has not run yet. */
  set pending(pending: boolean) {
    this.plan.pending = pending;
  }

  /**
   * @param look checks the needs of the step, and throws a ProgramError if the step cannot be done.
   * @param describe puts the result of `look` into words.
   * @returns the result of `look`; null if the step cannot be done.
   */
  async look<T>(
    what: string,
    commands: readonly string[],
    look: () => Promise<T> | T,
    describe: (found: T) => string,
  ): Promise<T | null> {
    try {
      const found = await look();
      this.plan.steps.push({ what, needs: describe(found), commands, problem: null });
      return found;
    } catch (error) {
      if (!(error instanceof ProgramError)) throw error;
      if (this.plan.exitCode === ExitCode.success) this.plan.exitCode = error.exitCode;
      this.plan.steps.push({ what, needs: "", commands, problem: error.message });
      return null;
    }
  }

  /** @param needs as `look`, for text only. */
  async step(what: string, commands: readonly string[], needs: () => Promise<string> | string) {
    await this.look(what, commands, needs, (text) => text);
  }
}

/** The plan for people. */
export function planText({ exitCode, pending, steps }: Plan): string {
  const lines = steps.flatMap(({ what, needs, commands, problem }, index) => [
    `${String(index + 1).padStart(2)}. ${what}${needs === "" ? "" : `: ${needs}`}`,
    ...commands.map((command) => `      ${command}`),
    ...(problem === null ? [] : [`      NOT POSSIBLE: ${problem}`]),
  ]);
  const possible = pending
    ? "It could be done, if the trial shows that the file restores."
    : "It could be done.";
  const verdict = exitCode === ExitCode.success ? possible : "It could not be done.";
  return ["Nothing is changed; these would be the steps:", ...lines, verdict].join("\n");
}
