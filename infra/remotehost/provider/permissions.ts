import type { Attributes } from "./observation.ts";
import type { Permissions } from "./steps.ts";

/**
 * The observed permissions in the form of the desired state. If that gives an owner by number, the number is compared.
 */
export function observedPermissions(attributes: Attributes, desired: Permissions): Permissions {
  return {
    mode: attributes.mode,
    owner: desired.owner === attributes.ownerId ? desired.owner : attributes.owner,
    group: desired.group === attributes.groupId ? desired.group : attributes.group,
  };
}

export function samePermissions(attributes: Attributes, desired: Permissions): boolean {
  const observed = observedPermissions(attributes, desired);
  return (
    observed.mode === desired.mode && observed.owner === desired.owner && observed.group === desired.group
  );
}
