/**
 * The encoding of values between Pulumi's engine and a plugin. Secrets come wrapped and must go back wrapped. Values
 * that are unknown before the update are a fixed text. `undefined` cannot be sent.
 */

export type Value = null | boolean | number | string | Value[] | Properties;
export interface Properties {
  [name: string]: Value;
}

const signature = "4dabf18193072939515e22adb298388d";
const secretSignature = "1b47061264138c4ac30d75fd1eb44270";

/** The placeholder for a value that is known only after another resource was created. */
export const unknownValue = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/** A property bag without its wrappings; `secrets` and `unknowns` name the top-level properties that hold any. */
export interface Unwrapped {
  values: Properties;
  secrets: ReadonlySet<string>;
  unknowns: ReadonlySet<string>;
}

export function unwrap(wired: Properties): Unwrapped {
  const secrets = new Set<string>();
  const unknowns = new Set<string>();
  const values: Properties = {};
  for (const [name, value] of Object.entries(wired)) {
    values[name] = bare(value, {
      secret: () => secrets.add(name),
      unknown: () => unknowns.add(name),
    });
  }
  return { values, secrets, unknowns };
}

/** The properties as the engine takes them: the named ones wrapped as secrets, absent ones left out. */
export function wrap(
  values: Readonly<Record<string, unknown>>,
  secrets: ReadonlySet<string> = new Set(),
): Properties {
  const wired: Properties = {};
  for (const [name, value] of Object.entries(values)) {
    if (value === undefined) continue;
    const clean = sendable(value);
    wired[name] = secrets.has(name) ? { [signature]: secretSignature, value: clean } : clean;
  }
  return wired;
}

interface Found {
  secret(): void;
  unknown(): void;
}

function bare(value: Value, found: Found): Value {
  if (value === unknownValue) found.unknown();
  if (Array.isArray(value)) return value.map((member) => bare(member, found));
  if (typeof value !== "object" || value === null) return value;
  if (value[signature] === secretSignature) {
    found.secret();
    return bare(value.value ?? null, found);
  }
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, bare(member, found)]));
}

function sendable(value: unknown): Value {
  if (
    value === null ||
    typeof value === "boolean" ||
    typeof value === "number" ||
    typeof value === "string"
  ) {
    return value;
  }
  if (Array.isArray(value)) return value.filter((member) => member !== undefined).map(sendable);
  if (typeof value === "object") return wrap({ ...value });
  throw new TypeError(`a ${typeof value} cannot be sent to the engine`);
}
