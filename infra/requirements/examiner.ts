import type { Examiner, Probe } from "../remotehost/examiner.ts";
import { inspectionScript, parseInspection } from "./inspection.ts";
import { architectures, judge } from "./judgement.ts";
import { type RequirementFacts, type Requirements, requirementsIn } from "./requirements.ts";
import { keptSchema, laterShape, requirementsSchema } from "./schema.ts";

/** What a server must offer for our backups, as the plugin is given it. */
export const examiner: Examiner<RequirementFacts> = {
  requirements: requirementsSchema,
  kept: keptSchema,
  beside: laterShape,
  probe: (properties) => probeOf(keptSchema.parse(requirementsIn(properties))),
};

/** How a server is asked for what it must offer. */
export function probeOf(requirements: Requirements): Probe<RequirementFacts> {
  return {
    question: JSON.stringify(requirements),
    script: inspectionScript(requirements),
    formerStack: requirements.formerStack,
    // PostgreSQL in a container that was made or started a moment ago answers once it has recovered.
    waitsFor: (requirements.managed ?? []).length > 0 ? "the databases" : null,
    judge(machine, output) {
      const seen = parseInspection(output);
      const { problems, notes, waiting } = judge(machine, requirements, seen);
      const architecture = architectures[machine.architecture] ?? null;
      const operatingSystem = seen.osRelease.PRETTY_NAME ?? null;
      return {
        problems,
        notes,
        facts: { waiting, architecture, operatingSystem, systemNode: seen.systemNode },
      };
    },
    unseen: { waiting: [], architecture: null, operatingSystem: null, systemNode: null },
  };
}

/** The requirements among the inputs of a `Readiness`; null where they are none. */
export function requirementsOf(inputs: Readonly<Record<string, unknown>>): Requirements | null {
  const requirements = requirementsSchema.safeParse(requirementsIn(inputs));
  return requirements.success ? requirements.data : null;
}
