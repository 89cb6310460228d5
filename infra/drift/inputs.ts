import type { Inputs } from "../pulumi-cli/engine-events.ts";
import { unknownValue } from "../remotehost/looking.ts";

/** The connection to a server is no property of its files. */
const ignored = new Set(["connection", "__defaults"]);

/**
 * The names of the properties in which two resources differ. A value that is unknown before an update counts as equal.
 */
export function differingNames(one: Inputs, other: Inputs): string[] {
  const names = new Set([...Object.keys(one), ...Object.keys(other)]);
  return [...names].filter((name) => !ignored.has(name) && !same(one[name], other[name])).sort();
}

/** Whether a part of it is known only after another resource was created. */
export function holdsUnknown(value: unknown): boolean {
  if (value === unknownValue) return true;
  if (typeof value !== "object" || value === null) return false;
  return Object.values(value).some(holdsUnknown);
}

function same(one: unknown, other: unknown): boolean {
  if (one === other || one === unknownValue || other === unknownValue) return true;
  if (typeof one !== "object" || typeof other !== "object" || one === null || other === null) return false;
  if (Array.isArray(one) !== Array.isArray(other)) return false;
  const names = new Set([...Object.keys(one), ...Object.keys(other)]);
  return [...names].every((name) => same(Reflect.get(one, name), Reflect.get(other, name)));
}
