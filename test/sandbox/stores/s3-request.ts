import { createHash, createHmac } from "node:crypto";

/** An S3 server and a key to it. */
export interface S3Access {
  port: number;
  accessKeyId: string;
  secretAccessKey: string;
}

export interface S3Request {
  method: string;
  /** `/bucket/name`, without escapes. */
  path: string;
  query?: Record<string, string>;
  headers?: Record<string, string>;
  body?: string | Buffer;
}

export const region = "us-east-1";

const sha256 = (content: string | Buffer): string => createHash("sha256").update(content).digest("hex");
const hmac = (key: string | Buffer, text: string): Buffer => createHmac("sha256", key).update(text).digest();
const escaped = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`);

/**
 * Sends a request that is signed by AWS Signature 4, as a person with other tools would.
 * @throws Error if the server refuses
 */
export async function s3Request(access: S3Access, wanted: S3Request): Promise<Buffer> {
  const { method, body = "" } = wanted;
  const path = wanted.path.split("/").map(escaped).join("/");
  const query = Object.entries(wanted.query ?? {})
    .map(([name, value]) => `${escaped(name)}=${escaped(value)}`)
    .sort()
    .join("&");
  const host = `127.0.0.1:${access.port}`;
  const time = new Date().toISOString().replace(/[-:]|\.\d+/g, "");
  const headers: Record<string, string> = {
    ...wanted.headers,
    host,
    // Some requests are taken only with it.
    "content-md5": createHash("md5").update(body).digest("base64"),
    "x-amz-content-sha256": sha256(body),
    "x-amz-date": time,
  };
  const names = Object.keys(headers).sort();
  const canonical = [
    ...[method, path, query],
    ...names.map((name) => `${name}:${headers[name]}`),
    ...["", names.join(";"), sha256(body)],
  ].join("\n");
  const scope = `${time.slice(0, 8)}/${region}/s3/aws4_request`;
  const key = [time.slice(0, 8), region, "s3", "aws4_request"].reduce<string | Buffer>(
    hmac,
    `AWS4${access.secretAccessKey}`,
  );
  const signature = hmac(
    Buffer.from(key),
    ["AWS4-HMAC-SHA256", time, scope, sha256(canonical)].join("\n"),
  ).toString("hex");
  const authorization = `AWS4-HMAC-SHA256 Credential=${access.accessKeyId}/${scope}, SignedHeaders=${names.join(";")}, Signature=${signature}`;
  const { host: _, ...sent } = headers;
  const url = `http://${host}${path}${query === "" ? "" : `?${query}`}`;
  const init: RequestInit = { method, headers: { ...sent, authorization } };
  if (method !== "GET" && method !== "HEAD") init.body = new Uint8Array(Buffer.from(body));
  const answer = await fetch(url, init);
  const content = Buffer.from(await answer.arrayBuffer());
  if (!answer.ok) throw new Error(`${method} ${wanted.path}: ${answer.status} ${content}`);
  return content;
}

/** A bucket that a key opens, in the words of a configuration. */
export const s3Settings = (access: S3Access, bucket: string): Record<string, string> => ({
  type: "s3",
  endpoint: `http://127.0.0.1:${access.port}`,
  region,
  bucket,
  accessKeyId: access.accessKeyId,
  secretAccessKey: access.secretAccessKey,
});
