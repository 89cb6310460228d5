import { type EngineStep, engineEvent, type Inputs } from "../pulumi-cli/engine-events.ts";

/** One resource in three places. Null: not there. */
export interface ResourceEvent {
  urn: string;
  /** Another than `urn` where the program has renamed it since. */
  deployedUrn: string;
  type: string;
  /** As the state has it: how it was deployed, as far as is known there. */
  before: Inputs | null;
  /** The outputs that the state has; the provider reads by them. */
  state: Inputs | null;
  /** As it was found. */
  found: Inputs | null;
  /** As the program wants it; undefined where the program did not say. */
  desired: Inputs | null | undefined;
  /** Whether the engine calls what was found a change of the state. */
  changed: boolean;
  /** What the engine would do: `same`, `update`, …; null where it did not get that far. */
  operation: string | null;
  /** The properties because of which. */
  reasons: string[];
}

/** Everything that one preview said. */
export interface Preview {
  stack: string | null;
  project: string | null;
  /** Resources of providers by their URN; components and providers themselves are left out. */
  resources: Map<string, ResourceEvent>;
  /** What the refresh began to read and has no answer for: where it failed it ends, whatever is left to be read. */
  unread: Set<string>;
  /** The program's outputs; null where it did not come to its end. */
  outputs: Inputs | null;
  config: Record<string, string>;
  errors: string[];
  /** Whether the engine came to its end without a failure. */
  complete: boolean;
}

export function emptyPreview(): Preview {
  return {
    stack: null,
    project: null,
    resources: new Map(),
    unread: new Set(),
    outputs: null,
    config: {},
    errors: [],
    complete: false,
  };
}

/** Adds what a line says. @throws SyntaxError or a zod error for a line that is no event of the engine's. */
export function addEvent(preview: Preview, line: string): void {
  const event = engineEvent(JSON.parse(line));
  switch (event.kind) {
    case "configuration":
      preview.config = event.config;
      break;
    case "diagnostic":
      if (event.severity === "error") preview.errors.push(event.message);
      break;
    case "end":
      preview.complete = !event.failed;
      break;
    case "failed":
      preview.complete = false;
      break;
    case "begun":
    case "done":
      addStep(preview, event.step, event.kind === "done");
  }
}

function addStep(preview: Preview, step: EngineStep, isDone: boolean): void {
  const [head = "", project = ""] = step.urn.split("::");
  preview.project ??= project;
  preview.stack ??= head.slice("urn:pulumi:".length);
  if (step.type === "pulumi:pulumi:Stack") {
    if (step.operation !== "refresh" && isDone) preview.outputs = step.new?.outputs ?? null;
    return;
  }
  // A resource whose replacement was made is only still to be deleted: nobody deploys it any more.
  if (!step.isManaged || step.old?.delete) return;
  if (step.operation === "refresh") addRefresh(preview, step, isDone);
  else addPlan(preview, step);
}

function addRefresh(preview: Preview, step: EngineStep, isDone: boolean): void {
  if (!isDone) preview.unread.add(step.urn);
  if (!isDone || !step.old) return;
  preview.unread.delete(step.urn);
  preview.resources.set(step.urn, {
    urn: step.urn,
    deployedUrn: step.urn,
    type: step.type,
    before: step.old.inputs ?? {},
    state: step.old.outputs ?? {},
    found: step.new ? (step.new.inputs ?? {}) : null,
    desired: undefined,
    changed: !step.new || step.diffs.length > 0,
    operation: null,
    reasons: [],
  });
}

/** Steps that say what the program wants; the others are the way to it. */
const ofTheProgram = new Set(["same", "create", "update", "replace", "create-replacement"]);

function addPlan(preview: Preview, step: EngineStep): void {
  const isDelete = step.operation === "delete";
  if (!ofTheProgram.has(step.operation) && !isDelete) return;
  const old = step.old?.urn ?? step.urn;
  // A step has two events: by the second one a renamed resource stands under its new name.
  const known = preview.resources.get(old) ?? preview.resources.get(step.urn) ?? undeployed(step);
  preview.resources.delete(old);
  preview.resources.set(step.urn, {
    ...known,
    urn: step.urn,
    desired: isDelete ? null : (step.new?.inputs ?? {}),
    operation:
      known.operation === "replace" ? "replace" : step.operation.replace("create-replacement", "replace"),
    reasons: [...step.diffs],
  });
}

function undeployed({ urn, type }: EngineStep): ResourceEvent {
  return {
    urn,
    deployedUrn: urn,
    type,
    before: null,
    state: null,
    found: null,
    desired: undefined,
    changed: false,
    operation: null,
    reasons: [],
  };
}
