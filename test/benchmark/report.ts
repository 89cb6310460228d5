import * as z from "zod";

/** What `npm run benchmark -- --json FILE` writes: every value, and what is needed to judge it. */

const value = z.number().exactOptional();

const Sample = z.object({
  seconds: z.number(),
  cpuSeconds: value,
  peakBytes: value,
  bytes: value,
  logins: value,
});

const Goal = z.object({
  what: z.string(),
  wanted: z.string(),
  found: z.string(),
  met: z.boolean(),
});

const ContestResult = z.object({
  title: z.string(),
  work: z.string(),
  contestants: z
    .array(z.object({ name: z.string(), note: z.string(), samples: z.array(Sample).readonly() }))
    .readonly(),
  goals: z.array(Goal).readonly(),
});

const Machine = z.object({
  processors: z.int(),
  processor: z.string(),
  memoryBytes: z.int(),
  /** What else the machine did: figures of a busy one say little. Of the last minute. */
  loadBefore: z.number(),
  postgres: z.int(),
  docker: z.string(),
  node: z.string(),
});
export type Machine = z.infer<typeof Machine>;

export const Report = z.object({
  version: z.literal(2),
  /** When it began, UTC ISO. */
  date: z.iso.datetime(),
  /** What the checkout was, with `changed` where it had edits. */
  commit: z.string(),
  machine: Machine,
  /** By the benchmark's name. */
  benchmarks: z.record(z.string(), z.array(ContestResult)),
});
export type Report = z.infer<typeof Report>;
