import * as z from "zod";

/** What one real server answered during one real preview. */

const Answer = z.object({
  /** What it is the answer to. */
  script: z.string(),
  code: z.int(),
  stdout: z.string(),
  stderr: z.string(),
  /** From the request's last byte, or from the answer before it where that came later, to the answer's last. */
  seconds: z.number(),
});
export type Answer = z.infer<typeof Answer>;

export const Recording = z.object({
  /** As the server's loop says it. */
  machine: z.object({ id: z.string(), user: z.string(), architecture: z.string(), kernel: z.string() }),
  /** From the start of ssh to the first word of the server's loop. */
  loginSeconds: z.number(),
  /** From there until it takes requests. */
  readySeconds: z.number(),
  answers: z.array(Answer),
});
export type Recording = z.infer<typeof Recording>;
