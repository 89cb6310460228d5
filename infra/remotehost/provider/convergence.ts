import { ConflictError } from "../errors.ts";
import type { RequestContext } from "./resource.ts";
import type { Observed } from "./server.ts";
import type { RequestInput } from "./ssh/frame.ts";
import type { Plan } from "./steps.ts";

// How often a path may change under our hands before we give up.
const attempts = 3;

export interface Convergence {
  planFor: (observed: Observed) => Plan;
  /** The bytes of a plan that writes. */
  body?: () => RequestInput | Promise<RequestInput>;
  /**
   * Spares the look on a machine that is new. Only for plans that do the same to an absent path whatever else is known
   * of it.
   */
  presumesAbsent?: boolean;
}

/**
 * Looks at a path, plans and carries the plan out; again from the start where something changed in between. What was
 * kept or left is told to the person.
 * @throws ConflictError where the path never stays still, and whatever the server's refusal was.
 */
export async function converge(
  context: RequestContext,
  path: string,
  { planFor, body, presumesAbsent = false }: Convergence,
): Promise<void> {
  const { server } = context;
  const presumed = presumesAbsent ? server.presumedAbsent(path) : null;
  if (presumed && (await carriedOut(context, presumed, planFor(presumed), body))) return;
  for (let attempt = 0; attempt < attempts; attempt++) {
    const observed = await server.look(path, "never");
    if (await carriedOut(context, observed, planFor(observed), body)) return;
  }
  throw new ConflictError({
    host: server.connection.host,
    what: `${path} was not changed`,
    why: "somebody else kept changing it at the same time",
    next: "Find out who, then run the command again.",
  });
}

/** Whether it was done; not, where something had changed since it was observed. */
async function carriedOut(
  context: RequestContext,
  { observation }: Observed,
  plan: Plan,
  body: Convergence["body"],
): Promise<boolean> {
  const { server } = context;
  for (const note of plan.notes) context.tell(`${server.connection.host}: ${note}`);
  if (plan.steps.length === 0) return true;
  const writes = plan.steps.some((step) => step.do === "write");
  const output = await server.carryOut(context, plan, observation, writes ? await body?.() : undefined);
  if (output === null) return false;
  for (const line of output.split("\n")) tellOutcome(context, observation.path, line);
  return true;
}

function tellOutcome({ server, tell }: RequestContext, path: string, line: string): void {
  const [word, ...rest] = line.split(" ");
  const where = rest.join(" ");
  const host = server.connection.host;
  if (word === "kept" && where.includes("+crontab-of-root")) {
    tell(`${host}: lines of root's crontab were taken over; the crontab before that is kept as ${where}`);
  } else if (word === "kept") {
    tell(`${host}: what was at ${path} was not as this deployment left it; it is kept as ${where}`);
  } else if (word === "left") {
    tell(`${host}: ${path} is not empty and is left as it is`);
  }
}
