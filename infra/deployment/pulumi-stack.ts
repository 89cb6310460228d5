import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Stack } from "@pulumi/pulumi/automation/index.js";
import { messageOf } from "../../scripts/contract/error-text.ts";
import { repository } from "../local-machine/places.ts";
import { chosenServersVariable } from "../program/chosen-servers.ts";
import { notUnderstood } from "../pulumi-cli/engine-events.ts";
import { addEvent, type EngineReport, emptyReport } from "./changes.ts";
import { CliProcess } from "./cli-process.ts";
import { forgetServer } from "./forgotten-server.ts";
import { cliErrorText, failureText, leftStack, lockedStack, stackError } from "./stack-errors.ts";

/** Loaded late, in parallel with other work, because it takes half a second. */
export type Automation = typeof import("@pulumi/pulumi/automation/index.js");
export const loadAutomation = (): Promise<Automation> => import("@pulumi/pulumi/automation/index.js");

/** One preview or update by Pulumi. */
export interface Run {
  report: EngineReport;
  /** Null if it succeeded; else the CLI's message. */
  failure: string | null;
}

export interface RunOptions {
  /** The file with the configuration. */
  configFile: string;
  /** Keys of the servers it is for. */
  keys: readonly string[];
  onEvent: (report: EngineReport) => void;
}

/** The Pulumi CLI, driven by the Automation API. */
export class PulumiStack {
  readonly name: string;
  /** Whether this process created the stack, completely or not. */
  created = false;
  #onTrial = false;
  readonly #project: string;
  readonly #environment: Record<string, string>;
  readonly #automation: Automation;
  readonly #directory: string;
  #stack: Stack | null = null;
  readonly #cli: CliProcess;

  /** @param project the directory with Pulumi.yaml @param environment added to the process's own */
  constructor(automation: Automation, name: string, project: string, environment: Record<string, string>) {
    this.name = name;
    this.#project = project;
    this.#automation = automation;
    this.#directory = mkdtempSync(join(tmpdir(), "pulumi-process-"));
    const processFile = join(this.#directory, "pid");
    this.#cli = new CliProcess(processFile);
    this.#environment = {
      PULUMI_SKIP_UPDATE_CHECK: "true",
      ...environment,
      PULUMI_PROCESS_FILE: processFile,
    };
  }

  /** From here on the stack is a private one of this process: for the preview of a stack that does not exist. */
  tryOnly(): void {
    const state = join(this.#directory, "state");
    mkdirSync(state, { recursive: true });
    this.#onTrial = true;
    Object.assign(this.#environment, {
      PULUMI_BACKEND_URL: `file://${state}`,
      PULUMI_CONFIG_PASSPHRASE:
        this.#environment.PULUMI_CONFIG_PASSPHRASE ?? process.env.PULUMI_CONFIG_PASSPHRASE ?? "",
    });
  }

  /** Its name in the backend; a trial stack has no organisation. */
  get #nameThere(): string {
    return this.#onTrial ? (this.name.split("/").at(-1) ?? "") : this.name;
  }

  /** Selects the stack. @returns false if it does not exist */
  select(): Promise<boolean> {
    const { Stack, StackNotFoundError } = this.#automation;
    return this.#cli.during(async () => {
      try {
        this.#stack = await Stack.select(this.#nameThere, await this.#workspace());
        return true;
      } catch (error) {
        if (error instanceof StackNotFoundError) return false;
        throw stackError(this.name, error);
      }
    });
  }

  /**
   * The first request to stop is not passed on: the command ends by itself, and an interrupted one leaves half a file
   * or its lock.
   */
  create(): Promise<void> {
    const { Stack, StackAlreadyExistsError } = this.#automation;
    return this.#cli.sparing(async () => {
      this.created = true;
      try {
        this.#stack = await Stack.create(this.#nameThere, await this.#workspace());
      } catch (error) {
        // Another run has created it since it was looked for.
        if (error instanceof StackAlreadyExistsError) this.created = false;
        throw stackError(this.name, error);
      }
    });
  }

  /**
   * Undoes `create` after the CLI has ended; the stack is empty.
   * @returns whether there was a stack
   * @throws DeploymentError if the stack still exists
   */
  async undoCreation(): Promise<boolean> {
    await this.#cli.ended();
    if (!this.created) return false;
    this.created = false;
    if (this.#onTrial) return true;
    try {
      const workspace = this.#stack?.workspace ?? (await this.#workspace());
      await workspace.removeStack(this.name, { preserveConfig: true });
    } catch (error) {
      const text = cliErrorText(messageOf(error));
      if (!/no stack named/.test(text)) throw leftStack(this.name, text, error);
    }
    return true;
  }

  preview(options: RunOptions): Promise<Run> {
    return this.#cli.during(() => this.#run(options, (stack, shared) => stack.preview(shared)));
  }

  up(options: RunOptions): Promise<Run> {
    return this.#cli.during(() => this.#run(options, (stack, shared) => stack.up(shared)));
  }

  /**
   * Removes the resources of a server that is gone from the state; no server is contacted.
   * @param kept the servers that stay
   * @returns how many there were
   */
  forget(key: string, kept: readonly string[]): Promise<number> {
    return this.#cli.during(() => forgetServer(this.#selected(), key, kept));
  }

  /** Asks the running CLI, if any, to stop: the first time gracefully, the second time at once. */
  interrupt(): void {
    this.#cli.interrupt();
  }

  dispose(): void {
    rmSync(this.#directory, { recursive: true, force: true });
  }

  async #workspace() {
    const { LocalWorkspace, PulumiCommand } = this.#automation;
    const pulumiCommand = await PulumiCommand.get({
      root: join(repository, "infra", "pulumi-cli", "own-session"),
      skipVersionCheck: true,
    }).catch((error: unknown) => {
      this.#cli.forget();
      throw error;
    });
    return LocalWorkspace.create({ workDir: this.#project, pulumiCommand, envVars: this.#environment });
  }

  #selected(): Stack {
    if (this.#stack === null) throw new Error("no stack is selected");
    return this.#stack;
  }

  async #run(
    { configFile, keys, onEvent }: RunOptions,
    work: (stack: Stack, shared: object) => Promise<unknown>,
  ): Promise<Run> {
    const stack = this.#selected();
    const report = emptyReport();
    stack.workspace.envVars[chosenServersVariable] = keys.join(",");
    const shared = {
      configFile,
      color: "never",
      suppressOutputs: true,
      suppressProgress: true,
      target: targetsOf(keys),
      onEvent: (event: unknown) => {
        addEvent(report, event);
        onEvent(report);
      },
    };
    try {
      await work(stack, shared);
      // Otherwise a preview whose events were not understood would look like one without changes.
      return { report, failure: report.isUnderstood ? null : notUnderstood };
    } catch (error) {
      if (error instanceof this.#automation.ConcurrentUpdateError) throw lockedStack(this.name, error);
      return { report, failure: failureText(this.name, error) };
    }
  }
}

/** The targets of `pulumi up --target` for servers: the component and the resources KEY-PURPOSE. */
export const targetsOf = (keys: readonly string[]): string[] =>
  keys.flatMap((key) => [`**::${key}`, `**::${key}-*`]);
