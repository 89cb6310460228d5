import type { Attributes } from "./observation.ts";
import type { Permissions } from "./steps.ts";

/**
 * What is observed, spelt as the desired state spells it: that may name an owner by number, and then the number is what
 * is compared.
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
