import type * as z from "zod";
import { merged } from "./merge.ts";
import { type Problem, unknownKeyText } from "./problems.ts";
import type { Configuration, Server } from "./schema.ts";
import { Store, type StorePart, storeDefaults } from "./store-schema.ts";
import { filledPrefix } from "./store-values.ts";

/** A store of one server, with the prefix that is the server's own. */
export type StorePlan = Store & { name: string };

type Shared = Pick<Configuration, "copies">;
type Own = Pick<Server, "copies">;

/**
 * What is said of each store of a server, the server's own laid over the environment's. A server that names another
 * type says all of it, and one that says false has no such store.
 */
function storeParts(environment: Shared, server: Own): [name: string, part: StorePart][] {
  const shared = environment.copies ?? {};
  const own = server.copies ?? {};
  return [...new Set([...Object.keys(shared), ...Object.keys(own)])].flatMap((name) => {
    const [base, over] = [shared[name], own[name]];
    if (over === false) return [];
    const type = over?.type;
    const isAnother = type !== undefined && base?.type !== type;
    return [[name, merged<StorePart>({}, isAnother ? undefined : base, over)]];
  });
}

const parsed = (part: StorePart) => Store.safeParse(merged({ ...storeDefaults }, part));

/** The stores of a server that lack nothing. */
export const storePlans = (key: string, server: Own, environment: Shared): StorePlan[] =>
  storeParts(environment, server).flatMap(([name, part]) => {
    const { data } = parsed(part);
    return data === undefined ? [] : [{ ...data, name, prefix: filledPrefix(data.prefix, key) }];
  });

/** The end of a path of ours below that of the directory or bucket. */
export const belowPrefix = (directory: string, prefix: string): string =>
  [directory.replace(/(?<=.)\/+$/, ""), prefix]
    .filter((part) => part !== "")
    .join("/")
    .replace(/^\/\//, "/");

/** Backblaze's S3 address of a region. */
export const b2Endpoint = (store: Extract<Store, { type: "b2" }>): string =>
  store.endpoint ?? `https://s3.${store.region}.backblazeb2.com`;

/** What is the same of two stores if and only if they put their copies in one place. */
function placeOf(store: StorePlan): string {
  const address = (text: string) => new URL(text).href.replace(/\/+$/, "");
  switch (store.type) {
    case "s3":
      return JSON.stringify([address(store.endpoint), store.bucket, store.prefix]);
    case "b2":
      return JSON.stringify([address(b2Endpoint(store)), store.bucket, store.prefix]);
    case "sftp": {
      const { host, port = 22, user, path = "" } = store;
      return JSON.stringify([host.toLowerCase(), port, user, belowPrefix(path, store.prefix)]);
    }
    case "webdav":
      return JSON.stringify([address(store.url), store.user, belowPrefix(store.path ?? "", store.prefix)]);
    case "azure":
      return JSON.stringify([store.endpoint ?? "", store.account, store.container, store.prefix]);
  }
}

/** Where it stands in the file: with the server's own where the server says something of the store. */
function pathOf(configuration: Configuration, key: string, name: string, field: string): string[] {
  const own = configuration.servers[key]?.copies?.[name];
  const shared = configuration.copies?.[name];
  const isShared = shared !== undefined && Object.hasOwn(shared, field);
  const isOwn = typeof own === "object" && (Object.hasOwn(own, field) || !isShared);
  return [...(isOwn ? ["servers", key] : []), "copies", name];
}

function issueText(issue: z.core.$ZodIssue, part: StorePart): { field: string; text: string }[] {
  if (issue.code === "unrecognized_keys") {
    const option = Store.options.find(({ shape }) => shape.type.value === part.type);
    const known = Object.keys(option?.shape ?? {});
    const noun = `not a setting of a store of type ${part.type}`;
    return issue.keys.map((field) => ({ field, text: unknownKeyText(field, known, noun) }));
  }
  const text = issue.path[0] === "type" ? "is missing: a store needs its type" : "is missing";
  return [{ field: String(issue.path[0]), text }];
}

/** What a schema cannot say of a type. */
function ownProblems(store: Store): { field: string; text: string }[] {
  if (store.type === "b2" && store.region === undefined && store.endpoint === undefined)
    return [{ field: "region", text: "is missing: give the bucket's region, or its endpoint" }];
  if (store.type === "sftp" && store.password === undefined && store.privateKey === undefined)
    return [{ field: "privateKey", text: "is missing: give privateKey or password" }];
  if (store.type === "sftp" && store.password !== undefined && store.privateKey !== undefined)
    return [{ field: "password", text: "must not stand beside privateKey: give one of the two" }];
  return [];
}

/** Problems of the stores of one server, without those between servers. */
export function storeProblems(key: string, configuration: Configuration): Problem[] {
  const server = configuration.servers[key] ?? {};
  return storeParts(configuration, server).flatMap(([name, part]) => {
    const { data, error } = parsed(part);
    const found =
      data === undefined
        ? (error?.issues ?? []).flatMap((issue) => issueText(issue, part))
        : ownProblems(data);
    return found.map(({ field, text }) => ({
      path: [...pathOf(configuration, key, name, field), field],
      text,
    }));
  });
}

/** Two servers, or two stores, in one place would prune each other's copies. */
export function sharedPlaces(
  servers: readonly { key: string; copies: readonly StorePlan[] }[],
  configuration: Configuration,
): Problem[] {
  const first = new Map<string, { key: string; name: string }>();
  return servers.flatMap(({ key, copies }) =>
    copies.flatMap((store) => {
      const { name } = store;
      const before = first.get(placeOf(store));
      if (before === undefined) first.set(placeOf(store), { key, name });
      if (before === undefined) return [];
      const text =
        before.key === key
          ? `is the same place as ${before.name}: give one of them another prefix`
          : `is one place for ${before.key} and ${key}: put {server} in it, which stands for the server's key`;
      return [{ path: [...pathOf(configuration, key, name, "prefix"), "prefix"], text }];
    }),
  );
}

/** What a person should know of stores that are right. */
export const storeNotes = (stores: readonly StorePlan[]): string[] =>
  stores.flatMap((store) => {
    const address =
      store.type === "sftp" ? "" : ((store.type === "webdav" ? store.url : store.endpoint) ?? "");
    return address.startsWith("http://")
      ? [
          `copies to ${store.name} cross the network unencrypted: its address begins with http://. Use https://. [DBK-CONFIG-5]`,
        ]
      : [];
  });
