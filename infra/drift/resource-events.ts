import { type EngineStep, engineEvent, type Inputs } from "../pulumi-cli/engine-events.ts";

/** One resource in three places. Null: not there. */
export interface ResourceEvent {
  urn: string;
  /** Differs from `urn` if the program has renamed it since. */
  deployedUrn: string;
  type: string;
  /** In the state: as deployed, as far as the state knows. */
  before: Inputs | null;
  /** The outputs in the state; the provider reads by them. */
  state: Inputs | null;
  /** As found on the server. */
  found: Inputs | null;
  /** As desired by the program; undefined if the program did not declare it. */
  desired: Inputs | null | undefined;
  /** Whether the engine reports the found state as a change. */
  changed: boolean;
  /** The engine's planned step: `same`, `update`, …; null if it did not get that far. */
  operation: string | null;
  /** The properties that cause the step. */
  reasons: string[];
}

/** All events of one preview. */
export interface Preview {
  stack: string | null;
  project: string | null;
  /** Resources of providers by their URN; components and providers themselves are left out. */
  resources: Map<string, ResourceEvent>;
  /** Resources that the refresh began to read without a result: after a failure it ends, whatever is left to read. */
  unread: Set<string>;
  /** The program's outputs; null if it did not complete. */
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

/** Adds the event of a line. @throws SyntaxError or a zod error for a line that is no event of the engine's. */
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
  // A resource whose replacement exists only has to be deleted: it is no longer deployed.
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

/** Steps that show the desired state. The others only lead to it. */
const ofTheProgram = new Set(["same", "create", "update", "replace", "create-replacement"]);

function addPlan(preview: Preview, step: EngineStep): void {
  const isDelete = step.operation === "delete";
  if (!ofTheProgram.has(step.operation) && !isDelete) return;
  const old = step.old?.urn ?? step.urn;
  // A step has two events. In the second one a renamed resource has its new name.
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
