import { isDeepStrictEqual } from "node:util";
import { nameOf } from "../remotehost/identity.ts";

/** A resource in an exported state: its owner and its dependencies. */
interface StateResource {
  urn: string;
  dependencies?: string[];
  propertyDependencies?: Record<string, string[]>;
}

const isOf = (key: string, urn: string): boolean => nameOf(urn) === key || nameOf(urn).startsWith(`${key}-`);

/**
 * A stack's resources without those of a server that is gone. The engine cannot do this in a run for other servers: all
 * dependents of the old server's resources would have to be part of it.
 * @param kept keys whose resources stay, even if their names begin like the old one's
 */
export function withoutServer<T extends StateResource>(
  resources: readonly T[],
  key: string,
  kept: readonly string[],
): T[] {
  const goes = (urn: string) => isOf(key, urn) && !kept.some((other) => isOf(other, urn));
  const stay = (urns: readonly string[]) => urns.filter((urn) => !goes(urn));
  return resources
    .filter(({ urn }) => !goes(urn))
    .map((resource) => ({
      ...resource,
      ...(resource.dependencies && { dependencies: stay(resource.dependencies) }),
      ...(resource.propertyDependencies && {
        propertyDependencies: Object.fromEntries(
          Object.entries(resource.propertyDependencies).map(([property, urns]) => [property, stay(urns)]),
        ),
      }),
    }));
}

/** An exported state, as far as it is needed here. */
interface State {
  deployment: { resources?: StateResource[] };
}

/** The place of a stack's state. */
export interface StateStore<T extends State> {
  exportStack(): Promise<T>;
  importStack(state: T): Promise<void>;
}

/**
 * Takes a server that is gone out of the state. Importing takes the stack's lock, and nothing holds it since the
 * export. A state that has changed meanwhile is not overwritten: the removal begins again with it.
 * @returns the number of removed resources
 */
export async function forgetServer<T extends State>(
  store: StateStore<T>,
  key: string,
  kept: readonly string[],
): Promise<number> {
  let state = await store.exportStack();
  for (;;) {
    const { resources = [] } = state.deployment;
    const left = withoutServer(resources, key, kept);
    const count = resources.length - left.length;
    if (count === 0) return 0;
    const current = await store.exportStack();
    if (isDeepStrictEqual(current, state)) {
      await store.importStack({ ...state, deployment: { ...state.deployment, resources: left } });
      return count;
    }
    state = current;
  }
}
