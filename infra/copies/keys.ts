import type { StorePlan } from "../config/store-plan.ts";
import { Store, type StoreType } from "../config/store-schema.ts";

/** The key that may delete at a store, which stands in the environment of a run and nowhere else. */

/** By type: the ends of the variables' names, each with the setting that it replaces. One of several sets is complete. */
const variables: Record<StoreType, readonly Readonly<Record<string, string>>[]> = {
  s3: [{ ACCESS_KEY_ID: "accessKeyId", SECRET_ACCESS_KEY: "secretAccessKey" }],
  b2: [{ ACCESS_KEY_ID: "keyId", SECRET_ACCESS_KEY: "applicationKey" }],
  sftp: [
    { USER: "user", PASSWORD: "password" },
    { USER: "user", PRIVATE_KEY: "privateKey" },
  ],
  webdav: [{ USER: "user", PASSWORD: "password" }],
  azure: [{ KEY: "key" }],
};

/** Another login may see the copies below another directory. */
const mayFollow: Partial<Record<StoreType, Readonly<Record<string, string>>>> = {
  sftp: { PATH: "path" },
  webdav: { PATH: "path" },
};

/** The variables, for a help. */
export const variableRows: readonly (readonly [string, string])[] = [
  ["s3, b2", "COPIES_ACCESS_KEY_ID, COPIES_SECRET_ACCESS_KEY"],
  ["sftp", "COPIES_USER, and COPIES_PASSWORD or COPIES_PRIVATE_KEY"],
  ["webdav", "COPIES_USER, COPIES_PASSWORD"],
  ["sftp, webdav", "COPIES_PATH, if that user has another path to the copies"],
  ["azure", "COPIES_KEY"],
];

/** The key of a store is missing or unusable. The message names variables, never a value. */
export class KeyError extends Error {}

const prefixOf = (store: string): string => `COPIES_${store.toUpperCase().replaceAll("-", "_")}_`;

const listed = (names: readonly string[]): string => names.join(" and ");

/**
 * The store as the key of the environment opens it. The variables of a store win over the general ones, as a whole: the
 * name of one key never comes together with the secret of another.
 * @param others the stores of the run: where two would read the same general variables, these are nobody's.
 * @returns null if no variable for its type is set.
 * @throws KeyError if some are and others are missing, or if a value cannot be a key
 */
export function withDeletingKey(
  store: StorePlan,
  environment: NodeJS.ProcessEnv,
  others: readonly StorePlan[] = [],
): StorePlan | null {
  const sets = variables[store.type];
  const endings = [...new Set(sets.flatMap((set) => Object.keys(set)))];
  const prefix = [prefixOf(store.name), "COPIES_"].find((one) =>
    endings.some((ending) => environment[`${one}${ending}`]),
  );
  if (prefix === undefined) return null;
  // One provider must not be sent the key of another.
  const rival = others.find((one) => one.name !== store.name && sharesVariables(one, store));
  if (prefix === "COPIES_" && rival !== undefined)
    throw new KeyError(
      `store ${store.name}: the key of COPIES_… could be that of ${rival.name}; set ${prefixOf(store.name)}… [DBK-COPY-18]`,
    );
  const isSet = (ending: string) => Boolean(environment[`${prefix}${ending}`]);
  const set = sets.find((one) => Object.keys(one).every(isSet));
  if (set === undefined) {
    const [nearest = {}] = sets.toSorted((one, other) => missingOf(one, isSet) - missingOf(other, isSet));
    const names = Object.keys(nearest).filter((ending) => !isSet(ending));
    const given = endings.filter(isSet).map((ending) => `${prefix}${ending}`);
    throw new KeyError(
      `store ${store.name}: ${listed(given)} is set, and ${listed(names.map((name) => `${prefix}${name}`))} is not [DBK-COPY-18]`,
    );
  }
  const replaced = Object.entries({ ...set, ...mayFollow[store.type] }).flatMap(([ending, field]) => {
    const value = environment[`${prefix}${ending}`];
    return value ? [[field, value]] : [];
  });
  const { name, ...own } = store;
  // Of the ways to log in only the given one counts.
  const ways = sets.flatMap((one) => Object.values(one));
  const rest = Object.fromEntries(Object.entries(own).filter(([field]) => !ways.includes(field)));
  const { data } = Store.safeParse({ ...rest, ...Object.fromEntries(replaced) });
  if (data === undefined) {
    const given = Object.keys({ ...set, ...mayFollow[store.type] }).filter(isSet);
    throw new KeyError(
      `store ${store.name}: ${listed(given.map((ending) => `${prefix}${ending}`))} cannot be the key of a store of type ${store.type} [DBK-COPY-18]`,
    );
  }
  return { ...data, name };
}

const sharesVariables = (one: StorePlan, other: StorePlan): boolean => {
  const named = variables[other.type].flatMap((set) => Object.keys(set));
  return variables[one.type].some((set) => Object.keys(set).some((ending) => named.includes(ending)));
};

const missingOf = (set: Readonly<Record<string, string>>, isSet: (ending: string) => boolean): number =>
  Object.keys(set).filter((ending) => !isSet(ending)).length;

/** What to set for a store of which nothing is. */
export function keyIsMissing({ name, type }: StorePlan): KeyError {
  const ways = variables[type].map((set) => listed(Object.keys(set).map((ending) => `COPIES_${ending}`)));
  return new KeyError(
    `store ${name}: no key that may delete; set ${ways.join(", or ")}, for this store alone ${prefixOf(name)}… [DBK-COPY-18]`,
  );
}

/** Takes the variables of keys out of this process, so that no program that it starts has them. */
export function takeKeys(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const names = Object.keys(environment).filter((name) => name.startsWith("COPIES_"));
  const taken = Object.fromEntries(names.map((name) => [name, environment[name]]));
  for (const name of names) delete environment[name];
  return taken;
}
