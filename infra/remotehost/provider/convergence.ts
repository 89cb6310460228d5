import { ConflictError } from "../errors.ts";
import type { RequestContext } from "./resource.ts";
import type { Observed, Server } from "./server.ts";
import type { RequestInput } from "./ssh/frame.ts";
import type { Plan } from "./steps.ts";

// How often a path may change under our hands before we give up.
const attempts = 3;

/**
 * Plans and carries the plan out, which makes sure of what it rests on; again from the start where something changed in
 * between. What was kept or left is told to the person.
 * @throws ConflictError where the path never stays still, and whatever the server's refusal was.
 */
export async function converge(
  context: RequestContext,
  path: string,
  planFor: (observed: Observed) => Plan,
  body?: () => RequestInput | Promise<RequestInput>,
): Promise<void> {
  const { server, stack } = context;
  for (let attempt = 0; attempt < attempts; attempt++) {
    const { observed, plan } = await planned(server, path, planFor);
    for (const note of plan.notes) context.tell(`${server.connection.host}: ${note}`);
    if (plan.steps.length === 0) return;
    const writes = plan.steps.some((step) => step.do === "write");
    const output = await server.carryOut(
      stack,
      plan,
      observed.observation,
      writes ? await body?.() : undefined,
    );
    if (output === null) continue;
    for (const line of output.split("\n")) tellOutcome(context, path, line);
    return;
  }
  throw new ConflictError({
    host: server.connection.host,
    what: `${path} was not changed`,
    why: "somebody else kept changing it at the same time",
    next: "Find out who, then run the command again.",
  });
}

/** A plan that rests on what was seen lately, where that is enough; else on a look of its own. */
async function planned(
  server: Server,
  path: string,
  planFor: (observed: Observed) => Plan,
): Promise<{ observed: Observed; plan: Plan }> {
  const seen = server.lastSeen(path);
  const plan = seen && planFor(seen);
  // Nobody would notice that there is something to be done after all.
  if (seen && plan && plan.steps.length > 0) return { observed: seen, plan };
  const observed = await server.look(path, "never");
  return { observed, plan: planFor(observed) };
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
