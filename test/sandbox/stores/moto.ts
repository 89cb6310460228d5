import { randomBytes } from "node:crypto";
import { ensureMoto } from "../set-up/moto.ts";
import { type S3Access, s3Request, s3Settings } from "./s3-request.ts";
import { startServerProcess } from "./server-process.ts";
import { type StoreServer, serverKey, spoiled } from "./store-server.ts";

/** Starts moto, which keeps all in memory, knows no keys, and does not compare bytes with what a client says of them. */
export async function startMoto(): Promise<StoreServer> {
  const modules = await ensureMoto();
  const { port, stop } = await startServerProcess("moto", (port) => ({
    argv: ["python3", "-m", "moto.server", "--host", "127.0.0.1", "--port", String(port)],
    env: { ...process.env, PYTHONPATH: modules },
  }));
  const access: S3Access = { port, accessKeyId: "any", secretAccessKey: randomBytes(20).toString("hex") };
  return {
    port,
    stop,
    newPlace: async () => {
      const bucket = `backups-${randomBytes(6).toString("hex")}`;
      await s3Request(access, { method: "PUT", path: `/${bucket}` });
      const pathOf = (name: string) => `/${bucket}/${serverKey}/${name}`;
      const write = (name: string, body: string | Buffer) =>
        s3Request(access, { method: "PUT", path: pathOf(name), body });
      return {
        settings: s3Settings(access, bucket),
        lay: async (names, text) => {
          for (const name of names) await write(name, text);
        },
        spoil: async (name) => {
          const content = await s3Request(access, { method: "GET", path: pathOf(name) });
          await write(name, spoiled(content));
        },
        protect: async (name) => {
          await write(name, "x");
          const deny = {
            ...{ Effect: "Deny", Principal: "*", Action: "s3:DeleteObject" },
            Resource: `arn:aws:s3:::${bucket}/${serverKey}/${name}`,
          };
          const body = JSON.stringify({ Version: "2012-10-17", Statement: [deny] });
          await s3Request(access, { method: "PUT", path: `/${bucket}`, query: { policy: "" }, body });
        },
      };
    },
  };
}
