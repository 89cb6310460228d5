import { type Document, isMap, isScalar, parseDocument, YAMLMap } from "yaml";
import { project } from "../config/names.ts";
import { parsedValue } from "../config/parsed-value.ts";
import { fingerprintOf } from "../remotehost/host-key.ts";
import { DeploymentError } from "./errors.ts";
import { documentText, parseText, partShared } from "./yaml-document.ts";

/** What a new server's entry says beside its defaults. */
export interface ServerSettings {
  user?: string;
  sshConfig?: string;
  hostKey?: string;
}

/** What belongs to a machine and not to the place that it takes: it does not go over to the one that replaces it. */
const machineSettings = ["host", "hostKey", "formerly"];

/**
 * A stack's file (Pulumi.STACK.yaml) that is being edited: its comments, its order and everything that is not ours stay.
 * Nothing is written; `text()` is the file as it would be.
 */
export class StackFile {
  readonly #original: string;
  readonly #name: string;
  readonly #document: Document;
  #edited = false;
  /** Sentences about what was changed, for a person. */
  readonly changes: string[] = [];

  /** @throws DeploymentError configuration for text that is no YAML mapping. @param name of the file, for messages */
  constructor(text: string, name: string) {
    const document = parseText(text);
    const [error] = document.errors;
    if (error !== undefined)
      throw new DeploymentError(
        "configuration",
        `${name} is not valid YAML [DBK-CONFIG-2]:\n${error.message}`,
        "Correct it.",
      );
    if (document.contents !== null && !isMap(document.contents)) throw notMapping(name);
    const config = document.get("config");
    if (config !== undefined && config !== null && !isMap(config)) throw notMapping(`config in ${name}`);
    const short = Object.keys(mappingOf(document.toJS()?.config)).filter((key) => !key.includes(":"));
    if (short.length > 0) {
      const right = short.map((key) => `${project}:${key}`).join(", ");
      throw new DeploymentError(
        "configuration",
        `config in ${name} has keys without their project's name: ${short.join(", ")} [DBK-CONFIG-2]`,
        `Write ${right}.`,
      );
    }
    this.#original = text;
    this.#name = name;
    this.#document = document;
  }

  /** The project's keys without their prefix, as plain values. */
  values(): Record<string, unknown> {
    const all: { config?: Record<string, unknown> } | null = this.#document.toJS();
    const entries = Object.entries(all?.config ?? {});
    return Object.fromEntries(
      entries
        .filter(([key]) => key.startsWith(`${project}:`))
        .map(([key, value]) => [
          key.slice(project.length + 1),
          typeof value === "string" ? parsedValue(value) : value,
        ]),
    );
  }

  serverKeys(): string[] {
    return Object.keys(mappingOf(this.values().servers));
  }

  /** The keys of every server but this one, those that leave included: resources of theirs may still be in the state. */
  otherKeys(key: string): string[] {
    const leaving = Object.keys(mappingOf(this.values().decommissioned));
    return [...this.serverKeys(), ...leaving].filter((other) => other !== key);
  }

  /** What stands under a server's key; {} where there is nothing. */
  server(key: string): Record<string, unknown> {
    return mappingOf(mappingOf(this.values().servers)[key]);
  }

  addServer(key: string, settings: ServerSettings): void {
    this.#group("servers").set(key, this.#node(settings));
    this.#changed(`servers: ${key} is added`);
  }

  addDatabase(key: string): void {
    this.#group("databases").set(key, this.#node({}));
    this.#changed(`databases: ${key} is added`);
  }

  setHostKey(key: string, hostKey: string): void {
    const entry = this.#ownEntry(this.#group("servers"), key);
    entry.set("hostKey", hostKey);
    this.#changed(`servers.${key}: its host key is pinned, ${fingerprintOf(hostKey)}`);
  }

  /** `key` takes the place of `old` with its settings, but for what was the old machine's own; `old` is forgotten. */
  replaceServer(old: string, key: string, settings: ServerSettings): void {
    const servers = this.#group("servers");
    const pair = servers.items.find((item) => keyText(item.key) === old);
    if (pair === undefined) throw new Error(`${old} is not under servers`);
    const entry = this.#ownEntry(servers, old);
    if (isScalar(pair.key)) pair.key.value = key;
    else Object.assign(pair, { key });
    for (const name of machineSettings) entry.delete(name);
    for (const [name, value] of Object.entries(settings)) entry.set(name, value);
    this.forgetServer(old);
    this.#changed(`servers: ${key} takes the place of ${old}, which is forgotten`);
  }

  /** Writes under `decommissioned` that a server is gone. */
  forgetServer(key: string): void {
    this.#group("decommissioned").set(key, "forget");
  }

  /** What belongs to the stack and not to its configuration, such as the salt of its passphrase. */
  topLevel(name: string): unknown {
    return this.#document.get(name);
  }

  /** Takes over what Pulumi has written beside the configuration when it made the stack. */
  adoptTopLevel(text: string): void {
    const values: Record<string, unknown> | null = parseDocument(text).toJS();
    for (const [name, value] of Object.entries(values ?? {})) {
      if (name === "config" || this.#document.has(name)) continue;
      this.#document.set(name, value);
      this.#edited = true;
    }
  }

  text(): string {
    return this.#edited ? documentText(this.#document, this.#original) : this.#original;
  }

  /** The mapping under one of our keys; made where it is missing or empty. */
  #group(name: string): YAMLMap {
    const path = ["config", `${project}:${name}`];
    const found = this.#document.getIn(path);
    if (isMap(found)) {
      // `{}` becomes a block with its first entry.
      if (found.items.length === 0) found.flow = false;
      return found;
    }
    if (found !== undefined && found !== null && !(isScalar(found) && found.value === null)) {
      throw notMapping(`${project}:${name} in ${this.#name}`);
    }
    const config = this.#document.get("config");
    if (!isMap(config)) this.#document.set("config", this.#block());
    else if (config.items.length === 0) config.flow = false;
    const group = this.#block();
    this.#document.setIn(path, group);
    return group;
  }

  /** A server's entry to be edited; what others share with it by an anchor becomes each one's own. */
  #ownEntry(servers: YAMLMap, key: string): YAMLMap {
    partShared(this.#document, servers.get(key, true));
    const found = servers.get(key, true);
    if (isMap(found)) return found;
    const made = this.#node({});
    servers.set(key, made);
    return made;
  }

  #changed(sentence: string): void {
    this.#edited = true;
    this.changes.push(sentence);
  }

  #block(): YAMLMap {
    const node = this.#node({});
    node.flow = false;
    return node;
  }

  #node(value: object): YAMLMap {
    const node = new YAMLMap(this.#document.schema);
    for (const [key, inner] of Object.entries(value)) node.set(key, inner);
    node.flow = node.items.length === 0;
    return node;
  }
}

const notMapping = (what: string): DeploymentError =>
  new DeploymentError(
    "configuration",
    `${what} is not a mapping of keys to values [DBK-CONFIG-2]`,
    "Correct it.",
  );

const keyText = (key: unknown): string => String(isScalar(key) ? key.value : key);

function mappingOf(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : {};
}
