import { type Document, isMap, isScalar, parseDocument, YAMLMap } from "yaml";
import { project } from "../config/names.ts";
import { parsedValue } from "../config/parsed-value.ts";
import { fingerprintOf } from "../remotehost/host-key.ts";
import { DeploymentError } from "./errors.ts";
import { documentText, parseText, partShared } from "./yaml-document.ts";

/** The settings of a new server's entry. */
export interface ServerSettings {
  user?: string;
  sshConfig?: string;
  hostKey?: string;
}

/** Settings of a machine itself. The machine that replaces it does not inherit them. */
const machineSettings = ["host", "hostKey", "formerly"];

/**
 * Edits the text of a stack's file (Pulumi.STACK.yaml). Its comments, its order and all keys without our prefix are
 * kept. Nothing is written; `text()` returns the edited text.
 */
export class StackFile {
  readonly #original: string;
  readonly #name: string;
  readonly #document: Document;
  #edited = false;
  /** The changes so far, each a sentence. */
  readonly changes: string[] = [];

  /** @throws DeploymentError configuration if the text is not a YAML mapping. @param name of the file, for messages */
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

  /** The keys of all other servers. Decommissioned ones are included: their resources may still be in the state. */
  otherKeys(key: string): string[] {
    const leaving = Object.keys(mappingOf(this.values().decommissioned));
    return [...this.serverKeys(), ...leaving].filter((other) => other !== key);
  }

  /** The entry of a server; {} if it has none. */
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

  /** Renames the entry of `old` to `key`, without the settings of the old machine itself. `old` is forgotten. */
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

  /** Where a server's copies lie at a store, whatever the environment says. */
  setStorePrefix(key: string, store: string, prefix: string): void {
    const stores = this.#ownEntry(this.#ownEntry(this.#group("servers"), key), "copies");
    this.#ownEntry(stores, store).set("prefix", prefix);
    this.#changed(`servers.${key}: its copies at ${store} stay below ${prefix}`);
  }

  /** Adds a server that is gone to `decommissioned`. */
  forgetServer(key: string): void {
    this.#group("decommissioned").set(key, "forget");
  }

  /** A value of the stack that is not configuration, such as the salt of its passphrase. */
  topLevel(name: string): unknown {
    return this.#document.get(name);
  }

  /** Copies the values that Pulumi wrote beside the configuration when it created the stack. */
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

  /** The mapping under one of our keys. A missing or empty one is created. */
  #group(name: string): YAMLMap {
    const path = ["config", `${project}:${name}`];
    const found = this.#document.getIn(path);
    if (isMap(found)) {
      // With its first entry `{}` becomes a block.
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

  /** The mapping under a key, for editing. Other places that share it by an anchor get copies first. */
  #ownEntry(group: YAMLMap, key: string): YAMLMap {
    partShared(this.#document, group.get(key, true));
    const found = group.get(key, true);
    if (isMap(found)) return found;
    const made = this.#node({});
    group.set(key, made);
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
