import type { Inputs } from "../pulumi-cli/engine-events.ts";
import { nameOf } from "../remotehost/identity.ts";
import { unknownValue } from "../remotehost/looking.ts";
import { differingNames } from "./inputs.ts";
import type { Drift, PropertyChange } from "./report.ts";
import type { ResourceEvent } from "./resource-events.ts";
import { sha256Of, shortened, textOf, textProperties, unifiedDiff } from "./texts.ts";

/** The names of the two sides of a diff. */
export interface Labels {
  before: string;
  after: string;
}

type Place = Pick<Drift, "resource" | "type" | "path" | "properties" | "diff">;

/** The place and the two sides of a difference; a side is null if it has nothing to compare. */
export function placeOf(
  { urn, type }: ResourceEvent,
  before: Inputs | null,
  after: Inputs | null,
  labels: Labels,
): Place {
  const path = [before, after].map((side) => side?.path).find((value) => typeof value === "string") ?? null;
  const place = { resource: nameOf(urn), type: type.slice(type.lastIndexOf(":") + 1), path };
  if (before === null || after === null) return { ...place, properties: [], diff: null };
  if (after.obstacle !== undefined) {
    return { ...place, properties: [{ name: "obstacle", before: null, after: after.obstacle }], diff: null };
  }
  const names = differingNames(before, after);
  const diff = names.some((name) => textProperties.has(name))
    ? textDiff(path ?? place.resource, before, after, labels)
    : null;
  return { ...place, properties: propertiesOf(names, before, after, diff !== null), diff };
}

function textDiff(path: string, before: Inputs, after: Inputs, labels: Labels): string | null {
  const [old, found] = [textOf(before), textOf(after)];
  if (old === null || found === null || old === found) return null;
  return unifiedDiff(path, { text: old, label: labels.before }, { text: found, label: labels.after });
}

function propertiesOf(
  names: readonly string[],
  before: Inputs,
  after: Inputs,
  isDiffShown: boolean,
): PropertyChange[] {
  const isContent = (name: string) => textProperties.has(name) || name === "sha256";
  const changes = names
    .filter((name) => !isContent(name))
    .map((name) => ({ name, before: shown(before[name]), after: shown(after[name]) }));
  if (isDiffShown || !names.some(isContent)) return changes;
  return [...changes, { name: "sha256", before: digest(before), after: digest(after) }];
}

function digest(inputs: Inputs): string | null {
  const sha256 = sha256Of(inputs);
  if (sha256 === unknownValue) return unknownText;
  return sha256 === null ? null : shortened(sha256);
}

const unknownText = "(known after the update)";

type Json = PropertyChange["before"];

function shown(value: Json | undefined): Json {
  if (value === undefined) return null;
  if (value === unknownValue) return unknownText;
  if (Array.isArray(value)) return value.map(shown);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, shown(member)]));
}
