import type { Replaced } from "./kept-things.ts";
import type { Server } from "./server.ts";
import type { Properties, Unwrapped } from "./wire.ts";

/** The context of a resource's work on its server. */
export interface RequestContext {
  urn: string;
  /** `PROJECT/STACK`. */
  stack: string;
  /** `PROJECT/STACK` that hands the machine over; null where none does. */
  formerStack: string | null;
  replaced: Replaced;
  /** The directory of this machine that keeps files out of npm packages. */
  cache: string;
  server: Server;
  /** Shows the person a sentence beside the resource. */
  tell(text: string): void;
  /** Shows the progress of a long step. */
  progress(text: string): void;
}

export interface CheckFailure {
  property: string;
  reason: string;
}

export interface Checked {
  /** Complete: with all defaults, and without values that must not be in the state. */
  inputs: Record<string, unknown>;
  failures: CheckFailure[];
}

/** What a refresh found: the outputs for the state, and the inputs that would have led to it. */
export interface Reading {
  outputs: Record<string, unknown>;
  inputs: Record<string, unknown>;
}

/** One resource type. Creating and updating are the same: look, plan, carry out. */
export interface RemoteResource {
  /** Properties whose change replaces the resource. */
  readonly identity: readonly string[];
  check(news: Unwrapped): Promise<Checked>;
  /** The resource's id in the state. */
  id(inputs: Properties): string;
  /** The present state on the server; null if there is none. */
  read(context: RequestContext, state: Properties): Promise<Reading | null>;
  /** The inputs that belong to outputs; for a server that cannot be looked at. */
  inputsOf(state: Properties): Record<string, unknown>;
  /** Makes the server match the inputs and returns the outputs. `old` is the former state, if there is one. */
  put(context: RequestContext, inputs: Properties, old?: Properties): Promise<Record<string, unknown>>;
  remove(context: RequestContext, state: Properties): Promise<void>;
}
