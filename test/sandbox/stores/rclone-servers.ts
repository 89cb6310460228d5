import { randomBytes } from "node:crypto";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { ensureRclone } from "../set-up/rclone.ts";
import { folderHands } from "./folder-hands.ts";
import { s3Settings } from "./s3-request.ts";
import { startServerProcess } from "./server-process.ts";
import { type StoreServer, serverKey } from "./store-server.ts";

const usual = ["--config", "", "--log-level", "NOTICE"];
/** Milliseconds for which it remembers a directory. Without that it reads a directory again for each file in a list. */
const memory = 300;
const forgotten = () => setTimeout(2 * memory);
const cache = ["--dir-cache-time", `${memory}ms`, "--poll-interval", "0"];

/** Hands in a directory that rclone serves: when they are done, it has forgotten what was there before. */
function servedHands(directory: string): ReturnType<typeof folderHands> {
  const hands = folderHands(directory);
  return {
    lay: (names, text) => hands.lay(names, text).then(forgotten),
    spoil: (name) => hands.spoil(name).then(forgotten),
    protect: (name) => hands.protect(name).then(forgotten),
  };
}

/** Starts WebDAV with a password, over a directory. It tells no digests, and a file has its name from the first byte. */
export async function startWebdav(): Promise<StoreServer> {
  const program = await ensureRclone();
  const [user, password] = ["web1", randomBytes(20).toString("hex")];
  const { port, directory, stop } = await startServerProcess("webdav", (port, directory) => ({
    argv: [
      program,
      ...usual,
      "serve",
      "webdav",
      "--addr",
      `127.0.0.1:${port}`,
      ...cache,
      join(directory, "data"),
    ],
    env: { ...process.env, RCLONE_USER: user, RCLONE_PASS: password },
  }));
  return {
    port,
    stop,
    newPlace: async () => {
      const path = `backups-${randomBytes(6).toString("hex")}`;
      mkdirSync(join(directory, "data", path, serverKey), { recursive: true });
      await forgotten();
      return {
        ...servedHands(join(directory, "data", path, serverKey)),
        settings: { type: "webdav", url: `http://127.0.0.1:${port}`, user, password, path },
      };
    },
  };
}

/**
 * Starts S3 over a directory: quick to start, one key, neither versions nor policies. The digest that it tells of a file
 * sent in parts is not that of the parts, which rclone takes for a corrupted upload unless `use_multipart_etag` is off.
 */
export async function startServeS3(): Promise<StoreServer> {
  const program = await ensureRclone();
  const [key, secret] = ["web1", randomBytes(20).toString("hex")];
  const { port, directory, stop } = await startServerProcess("serve-s3", (port, directory) => ({
    argv: [
      program,
      ...usual,
      "serve",
      "s3",
      "--addr",
      `127.0.0.1:${port}`,
      ...cache,
      join(directory, "data"),
    ],
    env: { ...process.env, RCLONE_AUTH_KEY: `"${key},${secret}"` },
  }));
  return {
    port,
    stop,
    newPlace: async () => {
      const bucket = `backups-${randomBytes(6).toString("hex")}`;
      const folder = join(directory, "data", bucket, serverKey);
      mkdirSync(folder, { recursive: true });
      await forgotten();
      return {
        ...servedHands(folder),
        settings: s3Settings({ port, accessKeyId: key, secretAccessKey: secret }, bucket),
      };
    },
  };
}
