import * as z from "zod/mini";

/** What Pulumi's engine says while it previews, as far as it is of use here. One event is one line of JSON. */

const Inputs = z.record(z.string(), z.json());
export type Inputs = z.infer<typeof Inputs>;

const State = z.object({
  urn: z.string(),
  custom: z._default(z.optional(z.boolean()), false),
  delete: z._default(z.optional(z.boolean()), false),
  inputs: z._default(z.nullish(Inputs), {}),
  outputs: z._default(z.nullish(Inputs), {}),
});

const Step = z.object({
  metadata: z.object({
    op: z.string(),
    urn: z.string(),
    type: z.string(),
    old: z.nullish(State),
    new: z.nullish(State),
    diffs: z._default(z.nullish(z.array(z.string())), []),
  }),
});
type Step = z.infer<typeof Step>["metadata"];

const EngineEvent = z.object({
  preludeEvent: z.optional(z.object({ config: z.record(z.string(), z.string()) })),
  diagnosticEvent: z.optional(
    z.object({ urn: z.optional(z.string()), message: z.string(), severity: z.string() }),
  ),
  resourcePreEvent: z.optional(Step),
  resOutputsEvent: z.optional(Step),
  resOpFailedEvent: z.optional(Step),
  summaryEvent: z.optional(z.object({ result: z.optional(z.string()) })),
});
type EngineEvent = z.infer<typeof EngineEvent>;

/** One resource in three places. Null: not there. */
export interface Sighting {
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
  wished: Inputs | null | undefined;
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
  resources: Map<string, Sighting>;
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
  const event: EngineEvent = EngineEvent.parse(JSON.parse(line));
  if (event.preludeEvent) preview.config = event.preludeEvent.config;
  if (event.diagnosticEvent?.severity === "error") preview.errors.push(event.diagnosticEvent.message.trim());
  if (event.summaryEvent) preview.complete = event.summaryEvent.result !== "failed";
  const step = event.resOutputsEvent ?? event.resourcePreEvent;
  if (step) addStep(preview, step.metadata, event.resOutputsEvent !== undefined);
  if (event.resOpFailedEvent) preview.complete = false;
}

function addStep(preview: Preview, step: Step, isDone: boolean): void {
  const [head = "", project = ""] = step.urn.split("::");
  preview.project ??= project;
  preview.stack ??= head.slice("urn:pulumi:".length);
  if (step.type === "pulumi:pulumi:Stack") {
    if (step.op !== "refresh" && isDone) preview.outputs = step.new?.outputs ?? null;
    return;
  }
  const custom = step.new?.custom ?? step.old?.custom ?? false;
  // A resource whose replacement was made is only still to be deleted: nobody deploys it any more.
  if (!custom || step.type.startsWith("pulumi:") || step.old?.delete) return;
  if (step.op === "refresh") addRefresh(preview, step, isDone);
  else addPlan(preview, step);
}

function addRefresh(preview: Preview, step: Step, isDone: boolean): void {
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
    wished: undefined,
    changed: !step.new || (step.diffs ?? []).length > 0,
    operation: null,
    reasons: [],
  });
}

/** Steps that say what the program wants; the others are the way to it. */
const wishes = new Set(["same", "create", "update", "replace", "create-replacement"]);

function addPlan(preview: Preview, step: Step): void {
  const isDelete = step.op === "delete";
  if (!wishes.has(step.op) && !isDelete) return;
  const old = step.old?.urn ?? step.urn;
  // A step has two events: by the second one a renamed resource stands under its new name.
  const sighting = preview.resources.get(old) ?? preview.resources.get(step.urn) ?? undeployed(step);
  preview.resources.delete(old);
  preview.resources.set(step.urn, {
    ...sighting,
    urn: step.urn,
    wished: isDelete ? null : (step.new?.inputs ?? {}),
    operation:
      sighting.operation === "replace" ? "replace" : step.op.replace("create-replacement", "replace"),
    reasons: step.diffs ?? [],
  });
}

function undeployed({ urn, type }: Step): Sighting {
  return {
    urn,
    deployedUrn: urn,
    type,
    before: null,
    state: null,
    found: null,
    wished: undefined,
    changed: false,
    operation: null,
    reasons: [],
  };
}
