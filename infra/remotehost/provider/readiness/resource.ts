import { setTimeout as sleep } from "node:timers/promises";
import * as z from "zod/mini";
import type { Examiner, Probe } from "../../examiner.ts";
import type { RemoteResource, RequestContext } from "../resource.ts";
import { connectionSchema, failuresOf } from "../schema.ts";
import type { Properties } from "../wire.ts";
import { type Examination, examine, sharedExamination } from "./examination.ts";

/** Milliseconds for which a problem that may pass by itself is waited for. */
const startPatience = 60_000;
const betweenLooks = 1_000;

/** The resource, which looks for what the examiner knows. */
export function readinessOf({
  requirements,
  kept: keptRequirements,
  beside,
  probe,
}: Examiner): RemoteResource {
  const schema = z.strictObject({
    connection: connectionSchema,
    requirements,
    ...beside,
    problems: z.array(z.string()).check(z.maxLength(0)),
  });
  /** Properties of a later version are ignored. */
  const State = z.object({
    connection: connectionSchema,
    requirements: keptRequirements,
    ...beside,
    problems: z.array(z.string()),
    notes: z.optional(z.array(z.string())),
    lookedAt: z.optional(z.string()),
    neverReady: z.optional(z.boolean()),
  });

  return {
    identity: [],

    async check(news) {
      const values = { problems: [], ...news.values };
      return { inputs: values, failures: failuresOf(schema, { ...news, values }) };
    },

    id: () => "readiness",

    async read({ server, stack }, properties) {
      const {
        problems: stored,
        notes: _,
        lookedAt: __,
        neverReady = false,
        ...kept
      } = State.parse(properties);
      const { problems, notes } = await sharedExamination(server, stack, probe(kept as Properties));
      // A failed update has stored its problems: the same problems must still count as a difference at every later
      // look. So must a server to which nothing was deployed yet, even if it is ready now.
      const isKnown = neverReady || (problems.length > 0 && stored.length > 0);
      const lookedAt = isKnown ? { lookedAt: new Date().toISOString() } : {};
      const inputs = { ...kept, problems, ...lookedAt };
      return { outputs: { ...inputs, notes, ...(neverReady && { neverReady }) }, inputs };
    },

    inputsOf(properties) {
      const { notes: _, neverReady: __, ...inputs } = State.parse(properties);
      return inputs;
    },

    async put(context, properties) {
      const { problems: _, notes: __, lookedAt: ___, neverReady: ____, ...kept } = State.parse(properties);
      const { problems, notes } = await examinePatiently(context, probe(kept as Properties));
      if (problems.length > 0) throw new NotReady(context.server.connection.key, problems);
      return { ...kept, problems, notes };
    },

    async remove() {},
  };
}

/** What was made or started a moment ago may be ready in the next. */
async function examinePatiently(
  { server, stack, progress }: RequestContext,
  probe: Probe,
): Promise<Examination> {
  const begun = performance.now();
  for (;;) {
    const examination = await examine(server, stack, probe);
    const mayPass = examination.machine !== null && probe.waitsFor !== null;
    if (examination.problems.length === 0 || !mayPass || performance.now() - begun > startPatience)
      return examination;
    progress(`waits for ${probe.waitsFor}: ${examination.problems.join("; ")}`);
    await sleep(betweenLooks);
  }
}

/**
 * Whether the resource is in the state only because of its problem: the server was not ready at its first deployment.
 */
export const wasNeverReady = ({ neverReady }: Properties): boolean => neverReady === true;

/** The server is not ready; the message has every cause. */
export class NotReady extends Error {
  readonly problems: readonly string[];

  constructor(key: string, problems: readonly string[]) {
    const causes = problems.map((problem) => `\n  - ${problem}`).join("");
    super(`the server ${key} is not ready, and nothing on it was changed [DBK-READY-1]:${causes}`);
    this.name = "NotReady";
    this.problems = problems;
  }
}

/**
 * The first look at a server found it not ready. The engine still writes `properties` into the state: a refresh
 * compares servers only with the state, and must see this one.
 */
export class FirstNotReady extends NotReady {
  readonly id = "readiness";
  readonly properties: Properties;
  readonly reasons: string[];

  constructor(key: string, problems: readonly string[], inputs: Properties) {
    super(key, problems);
    this.properties = { ...inputs, problems: [...problems], neverReady: true };
    this.reasons = [this.message];
  }
}
