import { copyKeyName, project } from "./names.ts";
import { secretAddress } from "./ping-urls.ts";
import type { Problem } from "./problems.ts";
import { secretFields } from "./store-schema.ts";

/** The values of the configuration that may be secret, or must. The engine says only under which top key there is one. */

const mappingOf = (value: unknown): Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : {};

/** The paths below a group of settings, the stack's or a server's, where something is that opens a store. */
const inStores = (copies: unknown): string[][] =>
  Object.entries(mappingOf(copies)).flatMap(([name, store]) =>
    Object.keys(mappingOf(store))
      .filter((field) => secretFields.includes(field))
      .map((field) => ["copies", name, field]),
  );

/** The paths of what must be a secret, as the root has them. */
function mustBeSecret(root: Record<string, unknown>): string[][] {
  const servers = Object.entries(mappingOf(root.servers)).flatMap(([key, server]) =>
    inStores(mappingOf(server).copies).map((path) => ["servers", key, ...path]),
  );
  const key = root[copyKeyName] === undefined ? [] : [[copyKeyName]];
  return [...inStores(root.copies), ...servers, ...key];
}

const holdsPingUrl = (monitoring: unknown): boolean => Object.hasOwn(mappingOf(monitoring), "pingUrl");

/** Whether something below this top key may be a secret. */
export function maySecret(root: Record<string, unknown>, key: string): boolean {
  if (key === "monitoring") return holdsPingUrl(root.monitoring);
  if (mustBeSecret(root).some(([top]) => top === key)) return true;
  return (
    key === "servers" &&
    Object.values(mappingOf(root.servers)).some((server) => holdsPingUrl(mappingOf(server).monitoring))
  );
}

/** A path as `pulumi config set --path` takes it. */
const pathWord = (path: readonly string[]): string =>
  path
    .map((part, index) => (/^\w+$/.test(part) ? `${index === 0 ? "" : "."}${part}` : `["${part}"]`))
    .join("");

/** What opens a store, in plain text in a file that is committed. */
export const plainSecrets = (root: Record<string, unknown>, secretKeys: readonly string[]): Problem[] =>
  mustBeSecret(root)
    .filter(([top = ""]) => !secretKeys.includes(top))
    .map((path) => ({
      path,
      text: `must be a secret: set it with npm run pulumi -- config set --secret --path '${project}:${pathWord(path)}'`,
    }));

const key = Buffer.from("openssh-key-v1\0\0\0\0\x04none\0\0\0\x04none").toString("base64");

const standIns: Readonly<Record<string, string>> = {
  [copyKeyName]: "0".repeat(64),
  privateKey: `-----BEGIN OPENSSH PRIVATE KEY-----\n${key}\n-----END OPENSSH PRIVATE KEY-----`,
};

/** Stands for the secret under a key, where only Pulumi can read it: a value of its kind. */
export const standIn = (name: string): string => standIns[name] ?? secretAddress;
