import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Stack } from "@pulumi/pulumi/automation/index.js";
import { messageOf } from "../../scripts/contract/error-text.ts";
import { repository } from "../local-machine/places.ts";
import { chosenServersVariable } from "../program/chosen-servers.ts";
import { notUnderstood } from "../pulumi-cli/engine-events.ts";
import { addEvent, type EngineReport, emptyReport } from "./changes.ts";
import { DeploymentError } from "./errors.ts";
import { forgetServer } from "./forgotten-server.ts";

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

/** Milliseconds between two looks for the id of a process that is being started. */
const betweenLooks = 50;

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
  /** Resolves when the CLI has ended, whether it was awaited or not. */
  #underWay: Promise<unknown> = Promise.resolve();
  #isUnderWay = false;
  /** Whether the next request to stop is ignored. */
  #isSpared = false;

  /** @param project the directory with Pulumi.yaml @param environment added to the process's own */
  constructor(automation: Automation, name: string, project: string, environment: Record<string, string>) {
    this.name = name;
    this.#project = project;
    this.#automation = automation;
    this.#directory = mkdtempSync(join(tmpdir(), "pulumi-process-"));
    this.#environment = {
      PULUMI_SKIP_UPDATE_CHECK: "true",
      ...environment,
      PULUMI_PROCESS_FILE: this.#processFile,
    };
  }

  get #processFile(): string {
    return join(this.#directory, "pid");
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
    return this.#whole(async () => {
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
    return this.#whole(async () => {
      this.created = true;
      this.#isSpared = true;
      try {
        this.#stack = await Stack.create(this.#nameThere, await this.#workspace());
      } catch (error) {
        // Another run has created it since it was looked for.
        if (error instanceof StackAlreadyExistsError) this.created = false;
        throw stackError(this.name, error);
      } finally {
        this.#isSpared = false;
      }
    });
  }

  /**
   * Undoes `create` after the CLI has ended; the stack is empty.
   * @returns whether there was a stack
   * @throws DeploymentError if the stack still exists
   */
  async undoCreation(): Promise<boolean> {
    await this.#underWay;
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
    return this.#whole(() => this.#run(options, (stack, shared) => stack.preview(shared)));
  }

  up(options: RunOptions): Promise<Run> {
    return this.#whole(() => this.#run(options, (stack, shared) => stack.up(shared)));
  }

  /**
   * Removes the resources of a server that is gone from the state; no server is contacted.
   * @param kept the servers that stay
   * @returns how many there were
   */
  forget(key: string, kept: readonly string[]): Promise<number> {
    return this.#whole(() => forgetServer(this.#selected(), key, kept));
  }

  /** Asks the running CLI, if any, to stop: the first time gracefully, the second time at once. */
  interrupt(): void {
    if (this.#isSpared) {
      this.#isSpared = false;
      return;
    }
    // While it is only being started, or one of its commands has ended and the next has not begun, that is not known
    // yet.
    if (this.#isUnderWay && !this.#signal()) setTimeout(() => this.interrupt(), betweenLooks).unref();
  }

  /** Whether there was a process to signal. */
  #signal(): boolean {
    try {
      const id = processIn(readFileSync(this.#processFile, "utf8"));
      return id !== null && process.kill(id, "SIGINT");
    } catch {
      return false;
    }
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
      rmSync(this.#processFile, { force: true });
      throw error;
    });
    return LocalWorkspace.create({ workDir: this.#project, pulumiCommand, envVars: this.#environment });
  }

  #whole<T>(work: () => Promise<T>): Promise<T> {
    this.#isUnderWay = true;
    const result = work().finally(() => {
      this.#isUnderWay = false;
      // Its pid may soon be reused.
      rmSync(this.#processFile, { force: true });
    });
    this.#underWay = result.catch(() => {});
    return result;
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

/**
 * The process id in a file that may be half written; never 0, because a signal to 0 would reach the whole process
 * group.
 */
export function processIn(text: string): number | null {
  const id = /^(?<id>[1-9]\d*)\n$/.exec(text)?.groups?.id;
  return id === undefined ? null : Number(id);
}

/** The targets of `pulumi up --target` for servers: the component and the resources KEY-PURPOSE. */
export const targetsOf = (keys: readonly string[]): string[] =>
  keys.flatMap((key) => [`**::${key}`, `**::${key}-*`]);

/** The command that removes the lock of a killed run. */
export const cancelCommand = (stack: string): string => `npm run pulumi -- cancel --yes --stack ${stack}`;

function lockedStack(stack: string, cause: unknown): DeploymentError {
  const holder = /^.*(?:created by|locked by).*$/m.exec(messageOf(cause))?.[0].trim();
  return new DeploymentError(
    "locked",
    `the stack ${stack} is locked by another run of Pulumi${holder === undefined ? "" : ` (${holder})`} [DBK-STACK-1]`,
    `Wait until it ends. If it was killed: ${cancelCommand(stack)}`,
    { cause },
  );
}

function leftStack(stack: string, text: string, cause: unknown): DeploymentError {
  return new DeploymentError(
    "failed",
    `the stack ${stack}, which was made for this run and is empty, could not be removed: ${text} [DBK-STACK-5]`,
    `${/currently locked/.test(text) ? `${cancelCommand(stack)}\n` : ""}Run the same command again, or remove it: npm run pulumi -- stack rm --yes --preserve-config --stack ${stack}`,
    { cause },
  );
}

/** The CLI's own error message, without the text that the Automation API adds. */
export function cliErrorText(message: string): string {
  const stderr = /^ stderr: ?(?<text>[\s\S]*?)\n err\?:/m.exec(message)?.groups?.text ?? message;
  const errors = stderr.split("\n").filter((line) => /^error: /.test(line.trim()));
  return (
    errors.length > 0 ? errors.map((line) => line.trim().replace(/^error: /, "")).join("\n") : stderr
  ).trim();
}

/**
 * The CLI's message about a failed preview or update.
 * @throws DeploymentError configuration if the passphrase is wrong, which the CLI detects only here
 */
export function failureText(stack: string, error: unknown): string {
  const text = cliErrorText(messageOf(error));
  if (/incorrect passphrase|passphrase must be set/i.test(text)) throw stackError(stack, error);
  return text || messageOf(error);
}

function stackError(stack: string, cause: unknown): DeploymentError {
  const text = cliErrorText(messageOf(cause));
  const next = /passphrase/i.test(text)
    ? "Set PULUMI_CONFIG_PASSPHRASE or PULUMI_CONFIG_PASSPHRASE_FILE to the stack's passphrase."
    : "";
  const what = `Pulumi cannot open the stack ${stack}: ${text} [DBK-STACK-4]`;
  return new DeploymentError("configuration", what, next, { cause });
}
