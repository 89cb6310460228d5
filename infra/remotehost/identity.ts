/** The `PROJECT/STACK` of a resource's URN (`urn:pulumi:STACK::PROJECT::TYPES::NAME`): who owns what it puts on a server. */
export function stackOf(urn: string): string {
  const [head = "", project = ""] = urn.split("::");
  return `${project}/${head.slice(head.lastIndexOf(":") + 1)}`;
}

/** The type token of a resource's URN, without the types of its parents. */
export function typeOf(urn: string): string {
  const types = urn.split("::")[2] ?? "";
  return types.slice(types.lastIndexOf("$") + 1);
}

/** The name of a resource's URN; it may itself hold `::`. */
export function nameOf(urn: string): string {
  return urn.split("::").slice(3).join("::");
}

/** The part of a URN that does not change when its stack gets another name or project: types and name. */
export function withinStack(urn: string): string {
  return urn.split("::").slice(2).join("::");
}
