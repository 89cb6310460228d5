import type { Attributes } from "./observation.ts";
import type { Permissions } from "./steps.ts";

/**
 * What is observed, spelt as the wish spells it: a wish may name an owner by number, and then the number is what
 * is compared.
 */
export function observedPermissions(attributes: Attributes, wish: Permissions): Permissions {
  return {
    mode: attributes.mode,
    owner: wish.owner === attributes.ownerId ? wish.owner : attributes.owner,
    group: wish.group === attributes.groupId ? wish.group : attributes.group,
  };
}

export function samePermissions(attributes: Attributes, wish: Permissions): boolean {
  const observed = observedPermissions(attributes, wish);
  return observed.mode === wish.mode && observed.owner === wish.owner && observed.group === wish.group;
}
