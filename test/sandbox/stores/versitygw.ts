import { randomBytes } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { succeed } from "../../../infra/local-machine/command.ts";
import { ensureVersitygw } from "../set-up/versitygw.ts";
import { region, type S3Access, s3Request, s3Settings } from "./s3-request.ts";
import { startServerProcess } from "./server-process.ts";
import { type Place, type StoreServer, serverKey, spoiled } from "./store-server.ts";

/** What a bucket is like. */
export interface BucketOptions {
  /** Old versions stay behind new ones and behind delete markers. */
  versions?: boolean;
  /** With `versions`: none of them can be removed for a day. */
  locked?: boolean;
  /** What the place's key may do; everything, unless set. */
  actions?: readonly string[];
}

/** A prefix in a bucket of its own, with a key of its own. */
export interface Bucket extends Place {
  bucket: string;
  /** From now on the place's key may do this. */
  allow(actions: readonly string[]): Promise<void>;
}

export interface Versitygw extends StoreServer {
  /** The key that may do everything. */
  root: S3Access;
  newPlace(options?: BucketOptions): Promise<Bucket>;
}

/** Starts versitygw over a directory. It checks what a client says of its bytes, as the large S3 stores do. */
export async function startVersitygw(): Promise<Versitygw> {
  const program = await ensureVersitygw();
  const root = { accessKeyId: "root", secretAccessKey: randomBytes(20).toString("hex") };
  const { port, directory, stop } = await startServerProcess("versitygw", (port, directory) => {
    const at = (name: string): string => {
      mkdirSync(join(directory, name), { recursive: true });
      return join(directory, name);
    };
    const environment = { ROOT_ACCESS_KEY: root.accessKeyId, ROOT_SECRET_KEY: root.secretAccessKey };
    // The cache would hide for two minutes that a key was changed.
    const gateway = ["--quiet", "--iam-cache-disable", "--iam-dir", at("accounts")];
    // Not every file system has the attributes that it would use otherwise.
    const posix = ["--versioning-dir", at("versions"), "--sidecar", at("attributes"), at("data")];
    return {
      argv: [program, ...gateway, "--port", `127.0.0.1:${port}`, "--region", region, "posix", ...posix],
      env: environment,
    };
  });
  const access: S3Access = { port, ...root };

  const newKey = async (): Promise<S3Access> => {
    const key = {
      port,
      accessKeyId: `key-${randomBytes(6).toString("hex")}`,
      secretAccessKey: randomBytes(20).toString("hex"),
    };
    const admin = ["admin", "--access", root.accessKeyId, "--secret", root.secretAccessKey];
    const user = [
      "create-user",
      "--access",
      key.accessKeyId,
      "--secret",
      key.secretAccessKey,
      "--role",
      "user",
    ];
    await succeed([program, ...admin, "--endpoint-url", `http://127.0.0.1:${port}`, ...user]);
    return key;
  };

  const newPlace = async (options: BucketOptions = {}): Promise<Bucket> => {
    const key = await newKey();
    const bucket = `backups-${randomBytes(6).toString("hex")}`;
    await makeBucket(access, bucket, options);
    let actions: readonly string[] = options.actions ?? ["s3:*"];
    const kept: string[] = [];
    const setPolicy = () => {
      const policy = policyOf(bucket, key.accessKeyId, actions, kept);
      const where = { path: `/${bucket}`, query: { policy: "" } };
      return s3Request(
        access,
        policy === null ? { method: "DELETE", ...where } : { method: "PUT", ...where, body: policy },
      );
    };
    await setPolicy();
    const pathOf = (name: string) => join(directory, "data", bucket, serverKey, name);
    return {
      bucket,
      settings: s3Settings(key, bucket),
      allow: async (allowed) => {
        actions = allowed;
        await setPolicy();
      },
      lay: async (names, text) => {
        mkdirSync(pathOf(""), { recursive: true });
        for (const name of names) writeFileSync(pathOf(name), text);
      },
      spoil: async (name) => writeFileSync(pathOf(name), spoiled(readFileSync(pathOf(name)))),
      protect: async (name) => {
        await s3Request(access, { method: "PUT", path: `/${bucket}/${serverKey}/${name}`, body: "x" });
        kept.push(name);
        await setPolicy();
      },
    };
  };
  return { port, root: access, newPlace, stop };
}

async function makeBucket(
  root: S3Access,
  bucket: string,
  { versions, locked }: BucketOptions,
): Promise<void> {
  const put = (query: Record<string, string>, body = "", headers: Record<string, string> = {}) =>
    s3Request(root, { method: "PUT", path: `/${bucket}`, query, body, headers });
  await put({}, "", locked === true ? { "x-amz-bucket-object-lock-enabled": "true" } : {});
  if (versions === true && locked !== true)
    await put(
      { versioning: "" },
      "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>",
    );
  if (locked === true)
    await put(
      { "object-lock": "" },
      "<ObjectLockConfiguration><ObjectLockEnabled>Enabled</ObjectLockEnabled><Rule><DefaultRetention><Mode>COMPLIANCE</Mode><Days>1</Days></DefaultRetention></Rule></ObjectLockConfiguration>",
    );
}

/** Null where nothing is allowed, which is what holds without a policy. */
function policyOf(
  bucket: string,
  key: string,
  actions: readonly string[],
  kept: readonly string[],
): string | null {
  if (actions.length === 0) return null;
  const principal = { AWS: [key] };
  const resources = [`arn:aws:s3:::${bucket}`, `arn:aws:s3:::${bucket}/*`];
  const allow = { Effect: "Allow", Principal: principal, Action: actions, Resource: resources };
  const names = kept.map((name) => `arn:aws:s3:::${bucket}/${serverKey}/${name}`);
  const deny = { Effect: "Deny", Principal: principal, Action: ["s3:DeleteObject"], Resource: names };
  return JSON.stringify({ Version: "2012-10-17", Statement: kept.length > 0 ? [allow, deny] : [allow] });
}
