import { project } from "../config/names.ts";
import type { ServerPlan } from "../config/plan.ts";
import { type Chosen, planOfFile } from "./choice.ts";
import { lookAt, type Preflight, twinProblem } from "./preflight.ts";
import type { Asking } from "./questions.ts";
import { acceptHostKey, isRefusal, refusalText } from "./trust.ts";

/**
 * Looks at all chosen servers. If a server's host key is unknown, asks whether to accept it and looks again. An accepted
 * key is pinned in the stack's file, which is not written yet.
 * @throws DeploymentError, ConnectError if the host key of the only server is not accepted
 */
export async function preflightsOf(
  { keys }: Chosen,
  asking: Asking,
  tell: (text: string) => void,
  signal: AbortSignal,
): Promise<Preflight[]> {
  const { request, talk, store } = asking;
  const id = `${project}/${request.stack.split("/").at(-1)}`;
  const look = (plan: ServerPlan) => lookAt(plan, id, tell);
  const plansOf = (some: readonly string[]): ServerPlan[] =>
    planOfFile(store.file, store.name).servers.filter(({ key }) => some.includes(key));
  const preflights: Preflight[] = [];
  for (const preflight of await Promise.all(plansOf(keys).map(look))) {
    if (preflight.refusal?.kind !== "unknown-host-key" || preflight.plan.connection.hostKey !== undefined) {
      preflights.push(preflight);
      continue;
    }
    const { connection, key } = preflight.plan;
    try {
      store.file.setHostKey(key, await acceptHostKey(connection, request, talk, signal));
    } catch (error) {
      // With several servers, the others continue.
      if (request.choice.kind === "host" || !isRefusal(error)) throw error;
      preflights.push({ ...preflight, problems: [refusalText(error)] });
      continue;
    }
    preflights.push(...(await Promise.all(plansOf([key]).map(look))));
  }
  const configured = store.file.serverKeys();
  return preflights.map((preflight) => {
    const twin = twinProblem(preflight, configured);
    return twin === null ? preflight : { ...preflight, problems: [...preflight.problems, twin] };
  });
}
