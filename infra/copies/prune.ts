import { messageOf } from "../../scripts/contract/error-text.ts";
import { matchesKey } from "../config/key-pattern.ts";
import type { ServerPlan, StackPlan } from "../config/plan.ts";
import type { StorePlan } from "../config/store-plan.ts";
import { exitCodes, type Request, UsageError } from "./command-line.ts";
import { keyIsMissing, withDeletingKey } from "./keys.ts";
import type { PrunedStores, PruneOrder } from "./prune-server.ts";
import type { PruneResult } from "./report.ts";

/** The stores of a server that a request is about. */
export interface Chosen {
  plan: ServerPlan;
  stores: StorePlan[];
}

/** @throws UsageError for names that the configuration does not have */
export function choose({ servers }: StackPlan, { only, store }: Request): Chosen[] {
  const matching = servers.filter(({ key }) => only.length === 0 || only.some((one) => matchesKey(one, key)));
  if (matching.length === 0 && only.length > 0)
    throw new UsageError(
      `no server matches ${only.join(" or ")}; the servers: ${servers.map(({ key }) => key).join(", ")} [DBK-CLI-2]`,
    );
  const names = [...new Set(matching.flatMap(({ copies }) => copies.map(({ name }) => name)))];
  if (store !== null && !names.includes(store))
    throw new UsageError(`there is no store ${store}; the stores: ${names.join(", ") || "none"} [DBK-CLI-2]`);
  return matching
    .map((plan) => ({ plan, stores: plan.copies.filter(({ name }) => store === null || name === store) }))
    .filter(({ stores }) => stores.length > 0);
}

type Opened = { store: StorePlan; isServers: boolean } | { failure: PrunedStores[number] };

/** The store with the key that this run uses, or why it has none. */
function opened(
  store: StorePlan,
  dryRun: boolean,
  environment: NodeJS.ProcessEnv,
  others: readonly StorePlan[],
): Opened {
  try {
    const own = withDeletingKey(store, environment, others);
    if (own !== null) return { store: own, isServers: false };
    // Looking needs no right to delete, and where servers delete their key may.
    if (dryRun || store.deletes === "server") return { store, isServers: store.deletes === "never" };
    throw keyIsMissing(store);
  } catch (error) {
    return { failure: failureOf(store.name, messageOf(error), exitCodes.configuration) };
  }
}

const failureOf = (store: string, error: string, exitCode: number): PrunedStores[number] => ({
  ...{ store, exitCode, decisions: [], removed: [], error },
});

/** Prunes the stores of all chosen servers, one server after the other. A failure keeps no other from its turn. */
export async function pruneAll(
  chosen: readonly Chosen[],
  { dryRun, stack }: Pick<Request, "dryRun" | "stack">,
  environment: NodeJS.ProcessEnv,
  signal: AbortSignal,
  prune: (order: Pick<PruneOrder, "plan" | "stores">) => Promise<PrunedStores>,
): Promise<PruneResult> {
  const result: PruneResult = { stack, dryRun, servers: [], withServersKeys: [], interrupted: false };
  const asked = new Set<string>();
  const others = chosen.flatMap(({ stores }) => stores);
  for (const { plan, stores } of chosen) {
    if (signal.aborted) break;
    const all = stores.map((store) => opened(store, dryRun, environment, others));
    const ready = all.flatMap((one) => ("store" in one ? [one] : []));
    for (const { isServers, store } of ready) if (isServers) asked.add(store.name);
    const missing = all.flatMap((one) => ("failure" in one ? [one.failure] : []));
    result.servers.push({
      server: plan.key,
      stores: [
        ...(ready.length === 0
          ? []
          : await attempt(
              ready.map(({ store }) => store),
              (some) => prune({ plan, stores: some }),
            )),
        ...missing,
      ],
    });
  }
  return { ...result, withServersKeys: [...asked], interrupted: signal.aborted };
}

async function attempt(
  stores: readonly StorePlan[],
  prune: (stores: readonly StorePlan[]) => Promise<PrunedStores>,
): Promise<PrunedStores> {
  try {
    return await prune(stores);
  } catch (error) {
    return stores.map(({ name }) => failureOf(name, messageOf(error), exitCodes.failed));
  }
}
