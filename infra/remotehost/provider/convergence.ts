import { ConflictError } from "../errors.ts";
import { stackOf, withinStack } from "../identity.ts";
import { ownerAdvice } from "./records.ts";
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
   * Skips the look on a new machine. Only for plans that treat an absent path the same whatever its record says.
   */
  presumesAbsent?: boolean;
  /** The operation removes something of this resource. It is refused if the server's record names another stack. */
  removes?: boolean;
}

/**
 * Looks at a path, plans, and carries the plan out. Starts again if the path changed in between. Reports files that were
 * kept or left.
 * @throws ConflictError if the path keeps changing; the server's refusal.
 */
export async function converge(
  context: RequestContext,
  path: string,
  { planFor, body, presumesAbsent = false, removes = false }: Convergence,
): Promise<void> {
  const { server } = context;
  const presumed = presumesAbsent ? server.presumedAbsent(path) : null;
  if (presumed && (await carriedOut(context, presumed, planFor(presumed), body))) return;
  for (let attempt = 0; attempt < attempts; attempt++) {
    const looked = await server.look(path, "never");
    const observed = removes ? ours(context, looked) : looked;
    if (await carriedOut(context, observed, planFor(observed), body)) return;
  }
  throw new ConflictError({
    host: server.connection.host,
    what: `${path} was not changed`,
    why: "another program kept changing it at the same time",
    next: "Find what changes it, then run the command again.",
    id: "[DBK-CHANGE-1]",
  });
}

/**
 * A path that `formerStack` recorded belongs to this stack now. A path of any other stack is refused: to treat it as gone
 * would leave it on the server with no stack that knows of it.
 * @throws ConflictError for another stack's
 */
function ours({ urn, stack, formerStack, server }: RequestContext, observed: Observed): Observed {
  const { observation } = observed;
  const { path, record } = observation;
  if (record === null || stackOf(record.urn) === stack) return observed;
  if (stackOf(record.urn) === formerStack && withinStack(record.urn) === withinStack(urn))
    return { ...observed, observation: { ...observation, record: { ...record, urn } } };
  throw new ConflictError({
    host: server.connection.host,
    what: `${path} was not removed`,
    why: `the server's record says it belongs to the stack ${stackOf(record.urn)}, and this is ${stack}`,
    next: `${ownerAdvice(stackOf(record.urn))} Or decommission the server with \`forget\`, which touches nothing.`,
    id: "[DBK-STACK-10]",
  });
}

/** Whether the plan was carried out; false if the path had changed since it was observed. */
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
    tell(
      `${host}: moved lines of root's crontab into our cron table; the old crontab is kept as ${where} [DBK-CHANGE-3]`,
    );
  } else if (word === "kept") {
    tell(`${host}: ${path} had been edited; the edited version is kept as ${where} [DBK-CHANGE-3]`);
  } else if (word === "closed") {
    tell(
      `${host}: ${where} was world-writable: anyone could replace programs that root runs; fixed (chmod o-w) [DBK-READY-14]`,
    );
  } else if (word === "left") {
    tell(`${host}: ${path} is not empty and is left as it is [DBK-CHANGE-4]`);
  }
}
