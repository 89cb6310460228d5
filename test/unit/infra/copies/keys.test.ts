import { expect, test } from "vitest";
import type { StorePlan } from "../../../../infra/config/store-plan.ts";
import { keyIsMissing, takeKeys, withDeletingKey } from "../../../../infra/copies/keys.ts";
import { copyKey, hostKey, privateKey, stores } from "../config/stores.ts";
import { serverPlanOf } from "../plans.ts";

const storeOf = (settings: object, name = "objects"): StorePlan => {
  const configuration = { servers: { web1: {} }, databases: { shop: {} }, copyKey };
  const [store] = serverPlanOf({ ...configuration, copies: { [name]: settings } }).copies;
  if (store === undefined) throw new Error("no store");
  return store;
};

test.each([
  [
    "s3",
    stores.s3,
    { COPIES_ACCESS_KEY_ID: "AKIA9", COPIES_SECRET_ACCESS_KEY: "other" },
    { accessKeyId: "AKIA9", secretAccessKey: "other" },
  ],
  [
    "b2",
    stores.b2,
    { COPIES_ACCESS_KEY_ID: "0039", COPIES_SECRET_ACCESS_KEY: "other" },
    { keyId: "0039", applicationKey: "other" },
  ],
  [
    "webdav",
    stores.webdav,
    { COPIES_USER: "admin", COPIES_PASSWORD: "other" },
    { user: "admin", password: "other" },
  ],
  [
    "sftp, with another directory",
    stores.sftp,
    { COPIES_USER: "main", COPIES_PRIVATE_KEY: privateKey, COPIES_PATH: "/sub/backups" },
    { user: "main", privateKey: privateKey, path: "/sub/backups" },
  ],
  ["azure", stores.azure, { COPIES_KEY: "b3RoZXI=" }, { key: "b3RoZXI=" }],
])("the key of the environment replaces that of a store of type %s", (_, settings, environment, expected) => {
  const store = storeOf(settings);
  expect(withDeletingKey(store, environment)).toEqual({ ...store, ...expected });
});

test("a password takes the place of a private key, which does not stay beside it", () => {
  const store = withDeletingKey(storeOf(stores.sftp), { COPIES_USER: "main", COPIES_PASSWORD: "other" });
  expect(store).toMatchObject({ user: "main", password: "other", hostKey });
  expect(store).not.toHaveProperty("privateKey");
});

test("the variables of one store win over the general ones, as a whole", () => {
  const general = { COPIES_ACCESS_KEY_ID: "general", COPIES_SECRET_ACCESS_KEY: "secret of general" };
  const own = { COPIES_OFF_SITE_ACCESS_KEY_ID: "own", COPIES_OFF_SITE_SECRET_ACCESS_KEY: "secret of own" };
  expect(withDeletingKey(storeOf(stores.s3, "off-site"), { ...general, ...own })).toMatchObject({
    ...{ accessKeyId: "own", secretAccessKey: "secret of own" },
  });
  const half = { ...general, COPIES_OFF_SITE_ACCESS_KEY_ID: "own" };
  expect(() => withDeletingKey(storeOf(stores.s3, "off-site"), half)).toThrow(
    /COPIES_OFF_SITE_ACCESS_KEY_ID is set, and COPIES_OFF_SITE_SECRET_ACCESS_KEY is not/,
  );
});

test("a half key is refused, and an empty variable is no variable", () => {
  const store = storeOf(stores.s3);
  expect(() => withDeletingKey(store, { COPIES_SECRET_ACCESS_KEY: "x" })).toThrow(
    "COPIES_SECRET_ACCESS_KEY is set, and COPIES_ACCESS_KEY_ID is not",
  );
  expect(withDeletingKey(store, { COPIES_ACCESS_KEY_ID: "", COPIES_SECRET_ACCESS_KEY: "" })).toBe(null);
});

test("no message has a value", () => {
  const bad = { COPIES_USER: "main", COPIES_PRIVATE_KEY: "hunter2 is no key" };
  expect(() => withDeletingKey(storeOf(stores.sftp), bad)).toThrow(
    /COPIES_USER and COPIES_PRIVATE_KEY cannot be the key of a store of type sftp/,
  );
  expect(() => withDeletingKey(storeOf(stores.sftp), bad)).not.toThrow(/hunter2/);
});

test("where nothing is set, what to set is named", () => {
  expect(keyIsMissing(storeOf(stores.sftp, "box")).message).toBe(
    "store box: no key that may delete; set COPIES_USER and COPIES_PASSWORD, or COPIES_USER and COPIES_PRIVATE_KEY, for this store alone COPIES_BOX_… [DBK-COPY-18]",
  );
});

test("where two stores would read the same variables, neither is sent a key that may be the other's", () => {
  const [first, second] = [storeOf(stores.sftp, "box"), storeOf(stores.webdav, "cloud")];
  const general = { COPIES_USER: "main", COPIES_PASSWORD: "other" };
  expect(() => withDeletingKey(first, general, [first, second])).toThrow(
    "store box: the key of COPIES_… could be that of cloud; set COPIES_BOX_…",
  );
  const own = { COPIES_BOX_USER: "main", COPIES_BOX_PASSWORD: "other" };
  expect(withDeletingKey(first, own, [first, second])).toMatchObject({ password: "other" });
  const objects = storeOf(stores.s3);
  expect(withDeletingKey(first, general, [first, objects])).toMatchObject({ password: "other" });
});

test("what this run starts has no key in its environment", () => {
  const environment = { PATH: "/bin", COPIES_PASSWORD: "other", COPIES_BOX_USER: "main" };
  expect(takeKeys(environment)).toEqual({ COPIES_PASSWORD: "other", COPIES_BOX_USER: "main" });
  expect(environment).toEqual({ PATH: "/bin" });
});
