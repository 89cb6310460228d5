import { ProgramError } from "../base/errors.ts";
import { ExitCode } from "../base/exit-codes.ts";

/** One step of a restore as it would be. */
export interface Step {
  what: string;
  /** What it finds or needs. */
  needs: string;
  commands: readonly string[];
  /** Why it cannot be done; null when it can. */
  problem: string | null;
}

export interface Plan {
  /** What the restore would exit with as far as can be seen now. */
  exitCode: ExitCode;
  steps: Step[];
  /** Whether it depends on something that only the restore itself finds out. */
  pending: boolean;
}

/** Goes through the steps of a run without doing them: asks, reads, and takes no lock. */
export class Planning {
  readonly plan: Plan = { exitCode: ExitCode.success, steps: [], pending: false };

  /** Whether it depends on a trial that is still to be made. */
  set pending(pending: boolean) {
    this.plan.pending = pending;
  }

  /**
   * @param look finds what the step needs, and throws a ProgramError when it cannot be done.
   * @param describe says it.
   * @returns what was found; null when it cannot be done.
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

  /** @param needs as `look`, for what is only said. */
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
