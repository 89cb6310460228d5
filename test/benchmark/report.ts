import * as z from "zod";

/** The output of `npm run benchmark -- --json FILE`: all values, and the facts needed to judge them. */

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
  /** The machine's load of the last minute. The figures of a busy machine mean little. */
  loadBefore: z.number(),
  postgres: z.int(),
  docker: z.string(),
  node: z.string(),
});
export type Machine = z.infer<typeof Machine>;

export const Report = z.object({
  version: z.literal(2),
  /** Its start, in UTC (ISO). */
  date: z.iso.datetime(),
  /** The commit of the checkout, with `changed` if it had edits. */
  commit: z.string(),
  machine: Machine,
  /** The results by the name of the benchmark. */
  benchmarks: z.record(z.string(), z.array(ContestResult)),
});
export type Report = z.infer<typeof Report>;
