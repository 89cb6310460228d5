import { expect, test } from "vitest";
import { storeSecretsText, storeSettings } from "../../../../infra/server-files/stores.ts";
import { StoreSecrets, StoreSettings } from "../../../../scripts/contract/settings.ts";
import { copyKey, hostKey, stores } from "../config/stores.ts";
import { serverPlanOf } from "../plans.ts";

const databases = { library: {} };

/** What the server `web1` is told of a store, and the secrets beside it, as the programs read them. */
function toldOf(store: object): { settings: StoreSettings; secrets: StoreSecrets } {
  const plan = serverPlanOf({ servers: { web1: {} }, databases, copies: { far: store }, copyKey });
  const [one] = plan.copies;
  if (one === undefined) throw new Error("the plan has no store");
  return {
    settings: StoreSettings.parse(JSON.parse(JSON.stringify(storeSettings(plan, one)))),
    secrets: StoreSecrets.parse(JSON.parse(storeSecretsText(one))),
  };
}

test("what is common to all is in units of the programs", () => {
  const { settings } = toldOf({ ...stores.s3, bandwidthLimit: "20MiB", retention: { days: 7 } });
  expect(settings).toMatchObject({
    name: "far",
    type: "s3",
    secretsFile: "/opt/database-backups/store-far.json",
    deletes: "never",
    verify: "full",
    schedule: "20 * * * *",
    bandwidthBytes: 20 * 2 ** 20,
    retention: { days: 7, daily: 0, weekly: 8, monthly: 12, yearly: 0 },
  });
  expect(toldOf(stores.s3).settings).not.toHaveProperty("bandwidthBytes");
});

test("S3: parts of 16 MiB whose digest is compared, and no attempt to make the bucket", () => {
  const { secrets, settings } = toldOf(stores.s3);
  expect(settings).toMatchObject({
    place: "bucket acme-backups of objects.example.com, below web1",
    path: "acme-backups/web1",
  });
  expect(settings.options).toEqual({
    type: "s3",
    provider: "Other",
    endpoint: "https://objects.example.com",
    access_key_id: "AKIA1",
    force_path_style: "true",
    no_check_bucket: "true",
    use_multipart_etag: "true",
    upload_cutoff: "16Mi",
    chunk_size: "16Mi",
  });
  expect(secrets).toEqual({ options: { secret_access_key: "hunter2/s3+" }, passwords: {} });
});

test.each([
  ["https://s3.eu-central-1.amazonaws.com", "eu-central-1"],
  ["https://s3.dualstack.eu-west-3.amazonaws.com", "eu-west-3"],
  ["https://s3-us-west-2.amazonaws.com", "us-west-2"],
  ["https://s3.us-west-004.backblazeb2.com", "us-west-004"],
  ["https://s3.amazonaws.com", undefined],
  ["https://s3.example.com", undefined],
])("the region in %s need not be given", (endpoint, region) => {
  expect(toldOf({ ...stores.s3, endpoint }).settings.options.region).toBe(region);
  expect(toldOf({ ...stores.s3, endpoint, region: "mine" }).settings.options.region).toBe("mine");
});

test("B2 is its S3 endpoint", () => {
  const { secrets, settings } = toldOf({ ...stores.b2, prefix: "" });
  expect(settings).toMatchObject({
    place: "bucket acme-backups of s3.eu-central-003.backblazeb2.com",
    path: "acme-backups",
    options: {
      type: "s3",
      endpoint: "https://s3.eu-central-003.backblazeb2.com",
      region: "eu-central-003",
      access_key_id: "0031",
    },
  });
  expect(secrets.options).toEqual({ secret_access_key: "hunter2-b2" });
});

test("SFTP knows its host key, and takes the private key as one line", () => {
  const { secrets, settings } = toldOf({ ...stores.sftp, port: 23 });
  expect(settings).toMatchObject({
    place: "directory backups/web1 of u1@box.example.com:23",
    path: "backups/web1",
  });
  expect(settings.options).toEqual({
    type: "sftp",
    host: "box.example.com",
    port: "23",
    user: "u1",
    host_keys: hostKey,
    key_use_agent: "false",
    shell_type: "none",
    disable_hashcheck: "true",
  });
  expect(secrets.passwords).toEqual({});
  expect(secrets.options.key_pem).not.toContain("\n");
  expect(secrets.options.key_pem?.replaceAll("\\n", "\n")).toBe(stores.sftp.privateKey);
});

test("SFTP by password, with its server's digests, at an absolute path", () => {
  const { privateKey, ...rest } = stores.sftp;
  const { secrets, settings } = toldOf({
    ...rest,
    password: "hunter2 box",
    path: "/srv/b/",
    verify: "digest",
  });
  expect(settings.path).toBe("/srv/b/web1");
  expect(settings.options).toMatchObject({ hashes: "sha256" });
  expect(settings.options).not.toHaveProperty("shell_type");
  expect(secrets).toEqual({ options: {}, passwords: { pass: "hunter2 box" } });
});

test("WebDAV and Azure", () => {
  const dav = toldOf(stores.webdav);
  expect(dav.settings).toMatchObject({
    place: "directory backups/web1 of acme at cloud.example.com",
    path: "backups/web1",
    options: { type: "webdav", url: "https://cloud.example.com/dav", vendor: "other", user: "acme" },
  });
  expect(dav.secrets).toEqual({ options: {}, passwords: { pass: "hunter2 dav" } });
  const azure = toldOf({ ...stores.azure, endpoint: "http://127.0.0.1:10000/acme" });
  expect(azure.settings).toMatchObject({
    place: "container backups of account acme at 127.0.0.1:10000, below web1",
    path: "backups/web1",
    options: {
      type: "azureblob",
      account: "acme",
      endpoint: "http://127.0.0.1:10000/acme",
      no_check_container: "true",
    },
  });
  expect(azure.secrets).toEqual({ options: { key: "hunter2azure==" }, passwords: {} });
});

test.each(Object.values(stores))("of $type nothing that opens it is in the settings", (store) => {
  const { secrets, settings } = toldOf(store);
  const opening = [...Object.values(secrets.options), ...Object.values(secrets.passwords)];
  expect(opening).toHaveLength(1);
  for (const secret of opening) expect(JSON.stringify(settings)).not.toContain(secret);
});
