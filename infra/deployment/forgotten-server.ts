/** A resource in an exported state, as far as it says to whom it belongs and on what it depends. */
interface StateResource {
  urn: string;
  dependencies?: string[];
  propertyDependencies?: Record<string, string[]>;
}

const nameOf = (urn: string): string => urn.split("::").at(-1) ?? "";
const isOf = (key: string, urn: string): boolean => nameOf(urn) === key || nameOf(urn).startsWith(`${key}-`);

/**
 * A stack's resources without those of a server that is gone. The engine cannot do this in a run for other servers:
 * whatever waits for the old one's resources would have to be part of it.
 * @param kept keys whose resources stay, though their names may begin like the old one's
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
