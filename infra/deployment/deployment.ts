import { performance } from "node:perf_hooks";
import { messageOf } from "../../scripts/contract/error-text.ts";
import type { painter } from "../../scripts/contract/shown.ts";
import { replacedDirectoryIn } from "../config/replaced-directory.ts";
import { allowTakeOver, unverified } from "../server-files/verification.ts";
import { type EngineReport, keptOf } from "./changes.ts";
import { changesText } from "./changes-text.ts";
import { type Chosen, chooseServers, hasDatabases, planOfFile } from "./choice.ts";
import type { Request } from "./command-line.ts";
import type { Conversation } from "./conversation.ts";
import { errorsOf, interrupted, nobodyToAsk, notReady, previewFailed } from "./endings.ts";
import { alsoSaying, DeploymentError, Interruption } from "./errors.ts";
import { type Interruptions, orAborted } from "./interruption.ts";
import { openStack } from "./open-stack.ts";
import type { Preflight } from "./preflight.ts";
import { preflightsOf } from "./preflights.ts";
import type { Progress } from "./progress.ts";
import type { PulumiStack } from "./pulumi-stack.ts";
import { type Asking, askForApplication, askForDatabase } from "./questions.ts";
import { readBackLines } from "./read-back.ts";
import { serverResult } from "./server-result.ts";
import { StackFileStore } from "./stack-file-store.ts";
import type { Result } from "./summary.ts";
import { type Verification, verifyServers } from "./verification.ts";

/** The tools of a deployment. */
export interface Tools {
  /** The directory with Pulumi.yaml and the stacks' files. */
  directory: string;
  progress: Progress;
  talk: Conversation;
  interruptions: Interruptions;
  paint: ReturnType<typeof painter>;
}

/** The directories for replaced files, each once. */
const keptIn = (preflights: readonly Preflight[]): string[] => [
  ...new Set(preflights.map(({ plan }) => replacedDirectoryIn(plan.paths.installation))),
];

const readBackOf = (preflight: Preflight | undefined, found: Verification | null): string[] =>
  preflight === undefined || found === null ? [] : readBackLines(preflight.plan, found.status, new Date());

const untouched = () =>
  new Interruption("interrupted; nothing was changed [DBK-CLI-4]", "Run the same command again.");

/** One deployment, from the command line to the verified end. */
export class Deployment {
  readonly #request: Request;
  readonly #tools: Tools;
  readonly #store: StackFileStore;
  #stack: PulumiStack | null = null;
  #beforeApplication: boolean;
  readonly #began = performance.now();

  constructor(request: Request, tools: Tools) {
    this.#request = request;
    this.#beforeApplication = request.beforeApplication;
    this.#tools = tools;
    this.#store = new StackFileStore(tools.directory, request.stack);
  }

  /** @throws DeploymentError; the stack's file and the servers are then unchanged, or the message names the changes */
  async run(): Promise<Result> {
    try {
      return await this.#run();
    } finally {
      this.#stack?.dispose();
      this.#store.dispose();
    }
  }

  async #run(): Promise<Result> {
    const { progress, interruptions } = this.#tools;
    const { file } = this.#store;
    if (!this.#request.yes && !this.#request.dryRun && !this.#tools.talk.possible) throw nobodyToAsk();
    const { choice } = this.#request;
    if (choice.kind !== "host" || choice.replaces !== null) this.#store.requireFile();
    const chosen = chooseServers(file, this.#store.name, this.#request);
    if (!hasDatabases(file)) await askForDatabase(this.#asking);
    planOfFile(file, this.#store.name);
    const before = <T>(work: Promise<T>) => orAborted(work, interruptions.signal, untouched);

    const stack = await openStack(this.#asking, this.#tools.directory, before);
    this.#stack = stack;
    interruptions.stage = {
      first: "",
      onFirst: () => stack.interrupt(),
      onAgain: () => stack.interrupt(),
    };
    const exists = before(stack.select());
    exists.catch(() => {});
    const tell = (text: string) => progress.detail(text);
    const preflights = await progress.phase("Looking at the server", () =>
      before(preflightsOf(chosen, this.#asking, tell, interruptions.signal)),
    );
    const ready = preflights.filter(({ problems }) => problems.length === 0);
    if (ready.length === 0) throw notReady(preflights, chosen.similar ?? null, this.#store.name);
    try {
      if (!(await exists)) {
        if (this.#request.dryRun) stack.tryOnly();
        await this.#create(stack, before);
      }
      return await this.#deploy(stack, chosen, preflights, before);
    } catch (error) {
      await this.#undoCreation(stack).catch((left: unknown) => {
        throw left instanceof DeploymentError ? alsoSaying(left, messageOf(error)) : left;
      });
      throw this.#withFileChanges(error);
    }
  }

  get #asking(): Asking {
    return { request: this.#request, talk: this.#tools.talk, store: this.#store };
  }

  async #create(stack: PulumiStack, before: <T>(work: Promise<T>) => Promise<T>): Promise<void> {
    // Also if it is interrupted: its changes so far are undone with the stack.
    const make = () => stack.create().finally(() => this.#store.stackWasCreated());
    await this.#tools.progress.phase("Making the stack", () => before(make()));
  }

  /** If a deployment ends early, its error names the changes already written into the stack's file. */
  #withFileChanges(error: unknown): unknown {
    const { name, file, written } = this.#store;
    if (!written || file.changes.length === 0 || !(error instanceof DeploymentError)) return error;
    return alsoSaying(error, `${name} was changed: ${file.changes.join("; ")}`);
  }

  async #undoCreation(stack: PulumiStack): Promise<void> {
    if (await stack.undoCreation()) this.#store.restore();
  }

  async #deploy(
    stack: PulumiStack,
    chosen: Chosen,
    preflights: readonly Preflight[],
    before: <T>(work: Promise<T>) => Promise<T>,
  ): Promise<Result> {
    const { progress, talk, interruptions } = this.#tools;
    const ready = preflights.filter(({ problems }) => problems.length === 0);
    const keys = ready.map(({ plan }) => plan.key);
    const options = { configFile: this.#store.copy(), keys };
    const preview = await progress.phase("Preview", () =>
      before(stack.preview({ ...options, onEvent: () => {} })),
    );
    if (preview.failure !== null) throw previewFailed(preview);
    this.#tellPreview(preview.report, keptIn(ready));
    const nothing = preview.report.changes.length === 0 && this.#store.file.changes.length === 0;
    if (this.#request.dryRun) {
      await this.#undoCreation(stack);
      return this.#result(stack, preflights, [], preview.report);
    }
    this.#beforeApplication = await askForApplication(this.#asking, ready, before);
    if (!nothing && !this.#request.yes && !(await before(talk.confirm("Deploy this?"))))
      throw new DeploymentError("notConfirmed", "not confirmed; nothing was changed [DBK-CLI-3]");

    this.#store.write();
    // From here on the stack is kept.
    stack.created = false;
    if (chosen.replaced !== null) await this.#allowTakeOver(ready);
    const total = preview.report.changes.length;
    interruptions.stage = {
      first: "Interrupted: the steps under way are being finished. Ctrl-C again ends them at once.",
      onFirst: () => stack.interrupt(),
      onAgain: () => stack.interrupt(),
    };
    const run =
      total === 0
        ? preview
        : await progress.phase("Deployment", () =>
            stack.up({
              ...options,
              onEvent: ({ done, latest }) => progress.detail(`${done.length} of ${total}, ${latest ?? ""}`),
            }),
          );
    if (interruptions.signal.aborted) throw interrupted(this.#request.stack, run);
    if (run.failure !== null) return this.#result(stack, preflights, errorsOf(run), run.report);
    const { replaced } = chosen;
    if (replaced !== null) {
      const kept = this.#store.file.otherKeys(replaced);
      // The state is written as a whole or not at all.
      interruptions.stage = {
        first: `Interrupted: ${replaced} is being forgotten. Ctrl-C again ends it at once.`,
        onFirst: () => {},
        onAgain: () => stack.interrupt(),
      };
      await progress.phase(`Forgetting ${replaced}`, () => stack.forget(replaced, kept));
    }
    return this.#verified(stack, preflights, run.report, replaced !== null);
  }

  /** --replaces has confirmed it: the copies of the dead machine become those of the new one, without another question. */
  async #allowTakeOver(ready: readonly Preflight[]): Promise<void> {
    for (const { plan, server } of ready)
      if (plan.copies.length > 0) await server.ask(allowTakeOver(plan), "allowing the take-over failed");
  }

  #tellPreview(report: EngineReport, kept: readonly string[]): void {
    const { progress, paint } = this.#tools;
    const { name, file } = this.#store;
    for (const change of file.changes) progress.say(`${name}: ${change}`);
    progress.say(changesText(report, paint, kept));
    for (const { severity, message } of report.diagnostics)
      if (!message.startsWith(unverified)) progress.say(`${severity}: ${message}`);
  }

  async #verified(
    stack: PulumiStack,
    preflights: readonly Preflight[],
    report: EngineReport,
    takesOver: boolean,
  ): Promise<Result> {
    const { progress, interruptions } = this.#tools;
    const reason = () =>
      new Interruption(
        "interrupted; the deployment is done, and not verified [DBK-CLI-4]",
        "Run the same command again: it goes on with the first backup and the status check.",
      );
    if (interruptions.signal.aborted) throw reason();
    interruptions.stage = { first: "", onFirst: () => {}, onAgain: () => {} };
    const verifications = progress.phase("First backup and status check", () =>
      verifyServers(preflights, report, takesOver),
    );
    const found = await orAborted(verifications, interruptions.signal, reason);
    const result = this.#result(stack, preflights, [], report);
    const servers = result.servers.map((server, index) => ({
      ...server,
      verification: found[index] ?? null,
      readBack: readBackOf(preflights[index], found[index] ?? null),
    }));
    return { ...result, servers };
  }

  #result(
    stack: PulumiStack,
    preflights: readonly Preflight[],
    errors: string[],
    report: EngineReport,
  ): Result {
    const { name, file } = this.#store;
    return {
      stack: stack.name,
      file: name,
      fileChanges: file.changes,
      dryRun: this.#request.dryRun,
      beforeApplication: this.#beforeApplication,
      servers: preflights.map((preflight) => serverResult(preflight, report, this.#request.dryRun)),
      kept: keptOf(report),
      errors,
      phases: this.#tools.progress.phases,
      seconds: (performance.now() - this.#began) / 1000,
    };
  }
}
