import * as z from "zod/mini";
import type { Examiner, Probe } from "../../../../../infra/remotehost/examiner.ts";
import type { Setup } from "../../../../../infra/remotehost/setup.ts";

/** An examiner that checks only one word, which the server must print. */
const requirements = z.object({ word: z.optional(z.string()) });

export function toyProbe(word = "well", formerStack?: string): Probe<{ said: string | null }> {
  return {
    question: word,
    script: "echo word:well",
    formerStack,
    waitsFor: null,
    judge(_, output) {
      const said = /^word:(.*)$/m.exec(output)?.[1] ?? null;
      return { problems: said === word ? [] : [`it says ${said}`], notes: [], facts: { said } };
    },
    unseen: { said: null },
  };
}

export const toyExaminer: Examiner = {
  requirements,
  kept: requirements,
  beside: {},
  probe: (properties) => toyProbe(requirements.parse(properties.requirements).word),
};

export const toySetup: Setup = { examiner: toyExaminer, replaced: "/srv/replaced", cache: "/nonexistent" };
