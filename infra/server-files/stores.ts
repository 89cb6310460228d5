import type { StoreSecrets, StoreSettings } from "../../scripts/contract/settings.ts";
import type { ServerPlan } from "../config/plan.ts";
import { b2Endpoint, belowPrefix, type StorePlan } from "../config/store-plan.ts";
import { sizeBytes } from "../config/values.ts";
import { storeSecretsFile } from "./installation.ts";

/** A store in rclone's words. */
interface RcloneStore {
  place: string;
  path: string;
  options: Record<string, string>;
  secrets: StoreSecrets;
}

type Of<Type extends StorePlan["type"]> = Extract<StorePlan, { type: Type }>;

const hostOf = (address: string): string => new URL(address).host;

const below = (prefix: string): string => (prefix === "" ? "" : `, below ${prefix}`);

const given = (options: Record<string, string | undefined>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(options).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );

interface S3 {
  endpoint: string;
  region: string | undefined;
  bucket: string;
  prefix: string;
  id: string;
  secret: string;
}

/** A signature for another region is refused, and Amazon's addresses say which it is. */
const regionIn = (endpoint: string): string | undefined =>
  /(?:^|\.)(?:s3[.-](?:dualstack\.)?)(?<region>[a-z0-9-]+)\.(?:amazonaws\.com(?:\.cn)?|backblazeb2\.com)$/.exec(
    new URL(endpoint).hostname,
  )?.groups?.region;

function s3({ bucket, endpoint, id, prefix, region = regionIn(endpoint), secret }: S3): RcloneStore {
  return {
    place: `bucket ${bucket} of ${hostOf(endpoint)}${below(prefix)}`,
    path: belowPrefix(bucket, prefix),
    options: given({
      type: "s3",
      provider: "Other",
      endpoint,
      region,
      access_key_id: id,
      force_path_style: "true",
      // A key that may only put and get cannot make a bucket, and is refused where it is asked to.
      no_check_bucket: "true",
      // The store's own digest of a large file; rclone compares it for few providers by itself.
      use_multipart_etag: "true",
      // A part that fails is sent again; a whole file is not.
      upload_cutoff: "16Mi",
      chunk_size: "16Mi",
    }),
    secrets: { options: { secret_access_key: secret }, passwords: {} },
  };
}

function sftp(store: Of<"sftp">): RcloneStore {
  const { host, hostKey, password, path = "", port = 22, prefix, privateKey, user, verify } = store;
  const directory = belowPrefix(path, prefix);
  // Without a shell there is no digest, and looking for one costs a login's commands. Read back, none is needed.
  const digests =
    verify === "full" ? { shell_type: "none", disable_hashcheck: "true" } : { hashes: "sha256" };
  return {
    place: `directory ${directory || "."} of ${user}@${host}${port === 22 ? "" : `:${port}`}`,
    path: directory,
    options: given({
      type: "sftp",
      host,
      port: String(port),
      user,
      // Of a server's keys it asks for this kind alone, which a file of known hosts does not make it do.
      host_keys: hostKey,
      key_use_agent: "false",
      ...digests,
    }),
    secrets: {
      options: privateKey === undefined ? {} : { key_pem: oneLine(privateKey) },
      passwords: password === undefined ? {} : { pass: password },
    },
  };
}

/** rclone takes the line ends of a key as two characters each. */
const oneLine = (pem: string): string => `${pem.replaceAll("\r\n", "\n").trim()}\n`.replaceAll("\n", "\\n");

function webdav({ password, path = "", prefix, url, user }: Of<"webdav">): RcloneStore {
  const directory = belowPrefix(path, prefix).replace(/^\/+/, "");
  return {
    place: `directory ${directory || "/"} of ${user} at ${hostOf(url)}`,
    path: directory,
    options: { type: "webdav", url, vendor: "other", user },
    secrets: { options: {}, passwords: { pass: password } },
  };
}

function azure({ account, container, endpoint, key, prefix }: Of<"azure">): RcloneStore {
  const at = endpoint === undefined ? "" : ` at ${hostOf(endpoint)}`;
  return {
    place: `container ${container} of account ${account}${at}${below(prefix)}`,
    path: belowPrefix(container, prefix),
    options: given({
      type: "azureblob",
      account,
      endpoint,
      no_check_container: "true",
      // Sixteen at once, as rclone would have it, are memory that a small server has not.
      upload_concurrency: "4",
    }),
    secrets: { options: { key }, passwords: {} },
  };
}

function rcloneStore(store: StorePlan): RcloneStore {
  switch (store.type) {
    case "s3": {
      const { accessKeyId: id, secretAccessKey: secret, bucket, endpoint, prefix, region } = store;
      return s3({ bucket, endpoint, id, prefix, region, secret });
    }
    case "b2": {
      const { applicationKey: secret, bucket, keyId: id, prefix, region } = store;
      return s3({ bucket, endpoint: b2Endpoint(store), id, prefix, region, secret });
    }
    case "sftp":
      return sftp(store);
    case "webdav":
      return webdav(store);
    case "azure":
      return azure(store);
  }
}

/** A store as the programs know it: nothing in it is secret. */
export function storeSettings(plan: ServerPlan, store: StorePlan): StoreSettings {
  const { bandwidthLimit, deletes, name, retention, schedule, type, verify } = store;
  const { options, path, place } = rcloneStore(store);
  const bandwidthBytes = sizeBytes(bandwidthLimit ?? "");
  return {
    name,
    type,
    place,
    path,
    options,
    secretsFile: storeSecretsFile(plan, name),
    deletes,
    verify,
    schedule,
    ...(bandwidthBytes !== null && { bandwidthBytes }),
    retention,
  };
}

/** What opens a store: the text of its file on the server. */
export const storeSecretsText = (store: StorePlan): string =>
  `${JSON.stringify(rcloneStore(store).secrets)}\n`;
