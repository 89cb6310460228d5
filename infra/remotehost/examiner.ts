import type * as z from "zod/mini";
import type { Machine } from "./provider/ssh/greeting.ts";
import type { Properties } from "./provider/wire.ts";

/**
 * What a server must offer is no knowledge of this provider: an examiner brings it, as a script that is run on the
 * server and a judgement of what it printed.
 */

export { pathProblem } from "./provider/rules.ts";
export { ruled } from "./provider/schema.ts";
export type { Machine };

/** What one `Readiness`, or one question for a server's facts, wants to know. */
export interface Probe<Facts extends object = object> {
  /** The same for two that may share one look. */
  question: string;
  /** Changes nothing. Each line that it prints is `WORD:TEXT`; the word `owner` is the provider's own. */
  script: string;
  /** `PROJECT/STACK` that may own the machine too: it hands it over. */
  formerStack: string | undefined;
  /** What of it may be right by itself in a moment, for a sentence; null where nothing may. */
  waitsFor: string | null;
  judge(machine: Machine, output: string): Verdict<Facts>;
  /** The facts of a server that cannot be looked at. */
  unseen: Facts;
}

/** Sentences about one server, without its name. */
export interface Verdict<Facts extends object = object> {
  /** What stands in the way. */
  problems: string[];
  /** What is only worth knowing. */
  notes: string[];
  /** What else `getServer` answers. Nothing of it is secret. */
  facts: Facts;
}

type Shape = Readonly<Record<string, z.ZodMiniType>>;

export interface Examiner<Facts extends object = object> {
  /** The property `requirements`, of which a wrong one is refused. */
  readonly requirements: z.ZodMiniType;
  /** The same in a state, which a later version may have written. */
  readonly kept: z.ZodMiniType;
  /** The properties beside it. */
  readonly beside: Shape;
  /** @throws ZodError where the properties are not of this shape */
  probe(properties: Properties): Probe<Facts>;
}
