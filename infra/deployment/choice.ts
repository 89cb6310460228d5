import { matchesKey } from "../config/key-pattern.ts";
import { planOf } from "../config/load.ts";
import { passwordsKey, project } from "../config/names.ts";
import { nearest } from "../config/nearest.ts";
import type { StackPlan } from "../config/plan.ts";
import { pathText } from "../config/problems.ts";
import { standIn } from "../config/secrets.ts";
import { storeDefaults } from "../config/store-schema.ts";
import { filledPrefix } from "../config/store-values.ts";
import { ServerKey } from "../config/values.ts";
import type { Choice, Request } from "./command-line.ts";
import { DeploymentError } from "./errors.ts";
import type { ServerSettings, StackFile } from "./stack-file.ts";

/** The servers that a run is for. */
export interface Chosen {
  keys: string[];
  /** A server whose state is removed by this run. */
  replaced: string | null;
  /** A server of the configuration with a key similar to the new one's: a possible typing error. */
  similar?: string | null;
}

type HostChoice = Extract<Choice, { kind: "host" }>;

/** A key for a host whose name could not be one (an IPv6 address). */
export function keyOf(host: string): string {
  if (ServerKey.safeParse(host).success) return host;
  return host.replaceAll(/[^A-Za-z0-9._-]+/g, "-").replaceAll(/^[^A-Za-z0-9]+|[^A-Za-z0-9]+$/g, "");
}

/** A hint for a name that is no server of the file. */
function known(file: StackFile, word: string): string {
  const keys = file.serverKeys();
  if (keys.length === 0) return "It has no servers yet.";
  const guess = nearest(word, keys);
  return guess === null ? `Its servers: ${keys.join(", ")}.` : `Did you mean ${guess}?`;
}

function decommissioned(file: StackFile): Record<string, unknown> {
  const { decommissioned: value } = file.values();
  return typeof value === "object" && value !== null ? { ...value } : {};
}

/** The configured server of HOST: by its key, else by its address. */
function existingKey(file: StackFile, host: string): string | null {
  const keys = file.serverKeys();
  if (keys.includes(host)) return host;
  const [only, ...more] = keys.filter((key) => file.server(key).host === host);
  return only !== undefined && more.length === 0 ? only : null;
}

/** Options that contradict the configuration of a known server are refused, not ignored. */
function refuseContradiction(
  file: StackFile,
  name: string,
  key: string,
  said: Record<string, string | null>,
): void {
  for (const [setting, value] of Object.entries(said)) {
    const present = file.server(key)[setting] ?? (setting === "user" ? "root" : undefined);
    if (value === null || present === value) continue;
    const has = present === undefined ? "has none" : `has ${JSON.stringify(present)}`;
    throw new DeploymentError(
      "configuration",
      `${key} is in ${name} already, and its ${setting} there is another: the command line says ` +
        `${JSON.stringify(value)}, the file ${has}; nothing was changed [DBK-CLI-2]`,
      `Correct servers.${key}.${setting} in ${name}, or leave it out of the command line.`,
    );
  }
}

function chooseHost(file: StackFile, name: string, choice: HostChoice, request: Request): Chosen {
  const { host, user, replaces } = choice;
  const key = existingKey(file, host);
  const settings: ServerSettings = {
    ...(keyOf(host) !== host && { host }),
    ...(user !== null && user !== "root" && { user }),
    ...(request.sshConfig !== null && { sshConfig: request.sshConfig }),
    ...(request.hostKey !== null && { hostKey: request.hostKey }),
  };
  if (key !== null) {
    refuseContradiction(file, name, key, { user, sshConfig: request.sshConfig });
    const pinned = file.server(key).hostKey;
    if (pinned !== undefined) refuseContradiction(file, name, key, { hostKey: request.hostKey });
    else if (request.hostKey !== null) file.setHostKey(key, request.hostKey);
  }
  const made = key ?? keyOf(host);
  // Two addresses can make the same key. An existing entry must not be overwritten.
  if (key === null && file.serverKeys().includes(made)) refuseContradiction(file, name, made, { host });
  if (replaces !== null) return replaceBy(file, name, { key, made, replaces, settings });
  if (file.serverKeys().includes(made)) return { keys: [made], replaced: null };
  if (Object.hasOwn(decommissioned(file), made)) {
    throw new DeploymentError(
      "configuration",
      `${made} is under ${project}:decommissioned in ${name}; nothing was changed [DBK-CLI-2]`,
      "To deploy it again, remove it there.",
    );
  }
  const similar = nearest(made, file.serverKeys());
  file.addServer(made, settings);
  return { keys: [made], replaced: null, similar };
}

interface Replacement {
  key: string | null;
  /** The key that HOST has or gets. */
  made: string;
  replaces: string;
  settings: ServerSettings;
}

function replaceBy(file: StackFile, name: string, { key, made, replaces, settings }: Replacement): Chosen {
  // An interrupted run has written this already.
  if (key !== null && decommissioned(file)[replaces] === "forget") return { keys: [key], replaced: replaces };
  if (!file.serverKeys().includes(replaces)) {
    const what = `--replaces: ${replaces} is not a server of ${name}; nothing was changed [DBK-CLI-2]`;
    throw new DeploymentError("usage", what, known(file, replaces));
  }
  if (key !== null) {
    const next =
      key === replaces
        ? `Give the new machine a name of its own, or only change servers.${key}.host.`
        : `Write ${replaces}: forget under ${project}:decommissioned, and take it out of servers.`;
    const what = `--replaces: ${key} is in ${name} already; nothing was changed [DBK-CLI-2]`;
    throw new DeploymentError("usage", what, next);
  }
  file.replaceServer(replaces, made, settings);
  keepPlaces(file, made, replaces);
  return { keys: [made], replaced: replaces };
}

/** The copies of a server are its successor's: they go on where they lie, although its key is another. */
function keepPlaces(file: StackFile, key: string, replaced: string): void {
  const shared = mappingOf(file.values().copies);
  const own = mappingOf(file.server(key).copies);
  for (const name of new Set([...Object.keys(shared), ...Object.keys(own)])) {
    if (own[name] === false) continue;
    const [base, over] = [mappingOf(shared[name]), mappingOf(own[name])];
    const isAnother = over.type !== undefined && over.type !== base.type;
    const prefix = over.prefix ?? (isAnother ? undefined : base.prefix) ?? storeDefaults.prefix;
    if (typeof prefix !== "string" || filledPrefix(prefix, key) === filledPrefix(prefix, replaced)) continue;
    file.setStorePrefix(key, name, filledPrefix(prefix, replaced));
  }
}

const mappingOf = (value: unknown): Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : {};

function chooseOnly(file: StackFile, name: string, patterns: readonly string[]): Chosen {
  const keys = file.serverKeys();
  const chosen = keys.filter((key) => patterns.some((pattern) => matchesKey(pattern, key)));
  if (chosen.length > 0) return { keys: chosen, replaced: null };
  throw new DeploymentError(
    "usage",
    `no server of ${name} matches ${patterns.join(" or ")} [DBK-CLI-2]`,
    known(file, ""),
  );
}

/** A list of servers would look like no server at all. @throws DeploymentError configuration */
function refuseOtherThanMappings(file: StackFile, name: string): void {
  const values = file.values();
  for (const group of ["servers", "databases", "decommissioned"]) {
    const value = values[group] ?? {};
    if (typeof value === "object" && !Array.isArray(value)) continue;
    const kind = Array.isArray(value) ? "a list" : JSON.stringify(value);
    throw new DeploymentError(
      "configuration",
      `${project}:${group} in ${name} is not a mapping of keys to values but ${kind}; nothing was changed [DBK-CONFIG-2]`,
      Array.isArray(value) ? "Write `KEY: {}` in place of `- KEY`." : "Correct it.",
    );
  }
}

/** The requested servers. Additions of the request to the configuration are put into `file`. @param name of the file */
export function chooseServers(file: StackFile, name: string, request: Request): Chosen {
  const { choice } = request;
  refuseOtherThanMappings(file, name);
  for (const database of request.databases) addDatabase(file, database);
  if (choice.kind === "host") return chooseHost(file, name, choice, request);
  if (choice.kind === "only") return chooseOnly(file, name, choice.patterns);
  const keys = file.serverKeys();
  if (keys.length > 0) return { keys, replaced: null };
  const next = "Name one: HOST in place of --all.";
  throw new DeploymentError("configuration", `${name} has no servers [DBK-CONFIG-3]`, next);
}

/** Adds a database to the stack, unless it is there. */
export function addDatabase(file: StackFile, database: string): void {
  const { databases } = file.values();
  if (typeof databases === "object" && databases !== null && Object.hasOwn(databases, database)) return;
  file.addDatabase(database);
}

export function hasDatabases(file: StackFile): boolean {
  const { databases } = file.values();
  return typeof databases === "object" && databases !== null && Object.keys(databases).length > 0;
}

/** The values, with encrypted ones replaced by placeholders of the same kind. */
function withoutSecrets(key: string, value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  const entries = Object.entries(value);
  if (entries.length === 1 && entries[0]?.[0] === "secure") return standIn(key);
  return Object.fromEntries(entries.map(([name, inner]) => [name, withoutSecrets(name, inner)]));
}

/**
 * The plan of the file.
 * @throws DeploymentError configuration with every problem
 */
export function planOfFile(file: StackFile, name: string): StackPlan {
  const { [passwordsKey]: _, ...values } = file.values();
  const root = Object.fromEntries(
    Object.entries(values).map(([key, value]) => [key, withoutSecrets(key, value)]),
  );
  const result = planOf(root);
  if ("plan" in result) return result.plan;
  const lines = [
    ...new Set(result.problems.map(({ path, text }) => `  ${project}:${pathText(path)}: ${text}`)),
  ];
  const count = lines.length === 1 ? "one problem" : `${lines.length} problems`;
  throw new DeploymentError(
    "configuration",
    `${name} has ${count}; no server was contacted [DBK-CONFIG-1]:\n${lines.join("\n")}`,
  );
}
