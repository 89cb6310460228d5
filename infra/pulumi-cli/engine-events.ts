import * as z from "zod/mini";

/** The events of Pulumi's engine during a preview or update that are used here. */

const Inputs = z.record(z.string(), z.json());
export type Inputs = z.infer<typeof Inputs>;

const State = z.object({
  urn: z.string(),
  custom: z._default(z.optional(z.boolean()), false),
  delete: z._default(z.optional(z.boolean()), false),
  inputs: z._default(z.nullish(Inputs), {}),
  outputs: z._default(z.nullish(Inputs), {}),
});
type State = z.infer<typeof State>;

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

const Event = z.object({
  preludeEvent: z.optional(z.object({ config: z.record(z.string(), z.string()) })),
  diagnosticEvent: z.optional(
    z.object({ message: z.string(), severity: z.string(), ephemeral: z.optional(z.boolean()) }),
  ),
  resourcePreEvent: z.optional(Step),
  resOutputsEvent: z.optional(Step),
  resOpFailedEvent: z.optional(Step),
  summaryEvent: z.optional(z.object({ result: z.optional(z.string()) })),
});

/** One step of the engine with one resource. */
export interface EngineStep {
  /** The engine's own word: `same`, `create`, `refresh`, `create-replacement`, … */
  operation: string;
  urn: string;
  type: string;
  /** Whether it belongs to a provider: the stack, components and the providers themselves do not. */
  isManaged: boolean;
  old: State | null;
  new: State | null;
  /** The properties that cause the step. */
  diffs: readonly string[];
}

export type EngineEvent =
  | { kind: "configuration"; config: Record<string, string> }
  /** `isPassing`: a temporary message, not to be kept. */
  | { kind: "diagnostic"; severity: string; message: string; isPassing: boolean }
  | { kind: "begun" | "done" | "failed"; step: EngineStep }
  | { kind: "end"; failed: boolean }
  | { kind: "other" };

/** The message if {@link engineEvent} throws. */
export const notUnderstood =
  "What Pulumi's engine said could not be understood. This version of the CLI may be unknown here: " +
  "npm run pulumi -- version [DBK-PULUMI-5]";

/**
 * Reads one event of the engine.
 * @param event as JSON.parse gives a line of the CLI's, or as the Automation API gives it
 * @throws a zod error for anything else
 */
export function engineEvent(event: unknown): EngineEvent {
  const said = Event.parse(event);
  if (said.preludeEvent) return { kind: "configuration", config: said.preludeEvent.config };
  if (said.diagnosticEvent) {
    const { severity, message, ephemeral = false } = said.diagnosticEvent;
    return { kind: "diagnostic", severity, message: plain(message), isPassing: ephemeral };
  }
  if (said.resOutputsEvent) return { kind: "done", step: stepOf(said.resOutputsEvent) };
  if (said.resourcePreEvent) return { kind: "begun", step: stepOf(said.resourcePreEvent) };
  if (said.resOpFailedEvent) return { kind: "failed", step: stepOf(said.resOpFailedEvent) };
  if (said.summaryEvent) return { kind: "end", failed: said.summaryEvent.result === "failed" };
  return { kind: "other" };
}

function stepOf({ metadata: { op, urn, type, diffs, ...states } }: z.infer<typeof Step>): EngineStep {
  const [old, desired] = [states.old ?? null, states.new ?? null];
  return {
    operation: op,
    urn,
    type,
    isManaged: (desired ?? old)?.custom === true && !type.startsWith("pulumi:"),
    old,
    new: desired,
    diffs: diffs ?? [],
  };
}

/** Removes the engine's colour marks and the text that it adds. */
const plain = (message: string): string =>
  message
    .replaceAll(/<\{%[^%]*%\}>/g, "")
    .replaceAll("\u001b[0m", "")
    .trim();
