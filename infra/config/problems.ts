import * as z from "zod";
import { nearest } from "./nearest.ts";
import { secretFields } from "./store-schema.ts";

/** Something wrong in the configuration: where in the stack's file, and what would be right. */
export interface Problem {
  path: (string | number)[];
  text: string;
}

/** The value at `path` of what was read from the file. */
function valueAt(root: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, key) => (typeof value === "object" && value !== null ? Reflect.get(value, key) : undefined),
    root,
  );
}

function unwrapped(schema: unknown): unknown {
  return schema instanceof z.ZodOptional ? unwrapped(schema.unwrap()) : schema;
}

/** Of a value that may also be `false`, its mapping. */
function mappingIn(schema: unknown): unknown {
  const here = unwrapped(schema);
  return here instanceof z.ZodUnion ? here.options.find((option) => option instanceof z.ZodObject) : here;
}

/** The keys that the schema knows at `path`. */
function keysAt(schema: z.ZodType, path: readonly PropertyKey[]): string[] {
  const found = path.reduce<unknown>((current, key) => {
    const here = mappingIn(current);
    if (here instanceof z.ZodRecord) return here.valueType;
    return here instanceof z.ZodObject ? here.shape[String(key)] : undefined;
  }, schema);
  const here = mappingIn(found);
  return here instanceof z.ZodObject ? Object.keys(here.shape) : [];
}

const nouns: Record<string, string> & { object: string } = {
  object: "a mapping of keys to values",
  record: "a mapping of keys to values",
  string: "text",
  int: "a whole number",
  number: "a number",
  boolean: "true or false",
};

/** Whether a value must not be repeated in a message: an address may be a secret, wherever it is. */
const isSecret = (path: readonly PropertyKey[], value: unknown): boolean =>
  ["pingUrl", "copyKey"].includes(String(path.at(-1))) ||
  (path.includes("copies") && secretFields.includes(String(path.at(-1)))) ||
  (typeof value === "string" && value.includes("://"));

/** The value found, for people: short, never a whole structure. */
function found(value: unknown): string {
  if (value === undefined) return "is missing";
  if (value === null) return "is empty";
  if (Array.isArray(value)) return "is a list";
  if (typeof value === "object") return "is a mapping";
  const shown = JSON.stringify(value);
  return `is ${typeof value === "string" ? "the text " : ""}${shown.length > 60 ? `${shown.slice(0, 60)}…` : shown}`;
}

/**
 * The sentences of one of zod's issues. An unknown key is a problem of its own at its own path.
 * @param secretKeys top-level keys in which something is secret: no value of theirs is repeated
 */
function issueProblems(
  issue: z.core.$ZodIssue,
  schema: z.ZodType,
  root: unknown,
  secretKeys: readonly string[],
): Problem[] {
  const path = issue.path.map((part) => (typeof part === "symbol" ? String(part) : part));
  const value = valueAt(root, path);
  const silent = isSecret(path, value) || secretKeys.includes(String(path[0]));
  const isFound = silent && value !== undefined ? "" : `, ${found(value)}`;
  switch (issue.code) {
    case "unrecognized_keys": {
      const known = keysAt(schema, path);
      return issue.keys.map((key) => ({ path: [...path, key], text: unknownKeyText(key, known) }));
    }
    case "invalid_type": {
      const expected = nouns[issue.expected] ?? issue.expected;
      const hint = value === null && expected === nouns.object ? "; write {} to take every default" : "";
      return [{ path, text: `must be ${expected}${isFound}${hint}` }];
    }
    case "invalid_value":
      return [
        {
          path,
          text: `must be ${issue.values.map((one) => JSON.stringify(one)).join(" or ")}${isFound}`,
        },
      ];
    case "too_small":
      return [{ path, text: `must be at least ${issue.minimum}${isFound}` }];
    case "too_big":
      return [{ path, text: `must be at most ${issue.maximum}${isFound}` }];
    case "invalid_union": {
      // Of a store that a server may also switch off: what is wrong with it, or that it is neither.
      if (typeof value !== "object" || value === null || Array.isArray(value))
        return [{ path, text: `must be a mapping of keys to values, or false${isFound}` }];
      const inner = issue.errors.at(-1) ?? [];
      return inner.flatMap((one) =>
        issueProblems({ ...one, path: [...issue.path, ...one.path] }, schema, root, secretKeys),
      );
    }
    case "invalid_key":
      return issue.issues.map((inner) => ({ path, text: `this key ${inner.message}` }));
    default:
      return [{ path, text: `${issue.message}${isFound}` }];
  }
}

/** The problem of a key that the schema does not have. */
export function unknownKeyText(key: string, known: readonly string[], noun = "unknown key"): string {
  const guess = nearest(key, known);
  return guess === null ? `${noun}; known are ${known.join(", ")}` : `${noun}; did you mean ${guess}?`;
}

/** All problems that the schema finds in `root`. */
export function schemaProblems(
  error: z.ZodError,
  schema: z.ZodType,
  root: unknown,
  secretKeys: readonly string[],
): Problem[] {
  return error.issues.flatMap((issue) => issueProblems(issue, schema, root, secretKeys));
}

/** Whether both say something of the same setting of a store, wherever it stands. */
const ofOneSetting = (one: Problem["path"], other: Problem["path"]): boolean =>
  pathText(one) === pathText(other) ||
  (one.includes("copies") &&
    other.includes("copies") &&
    pathText(one.slice(-2)) === pathText(other.slice(-2)));

const isMissing = ({ text }: Problem): boolean => text.startsWith("is missing");

/** Without what is said to be missing only because a wrong value was left out. */
export const withoutEchoes = (problems: readonly Problem[]): Problem[] =>
  problems.filter(
    (one) =>
      !isMissing(one) || !problems.some((other) => !isMissing(other) && ofOneSetting(other.path, one.path)),
  );

/** `servers.cloud.example.org.port`, as the path stands in the stack's file. */
export const pathText = (path: Problem["path"]): string =>
  path.map((part) => String(part).replace(/[\p{Cc}\u2028\u2029]/gu, "?")).join(".");
