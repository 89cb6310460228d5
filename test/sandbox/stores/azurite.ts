import { randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { remote, runRclone } from "../../../scripts/lib/copies/rclone.ts";
import { ensureAzurite } from "../set-up/azurite.ts";
import { startFaultProxy } from "./fault-proxy.ts";
import { rcloneAt } from "./rclone-at.ts";
import { startServerProcess } from "./server-process.ts";
import { type StoreServer, serverKey, spoiled } from "./store-server.ts";

const account = "web1";

/** Starts Azure's substitute of its blob store, which lets a file be removed unless the proxy before it refuses that. */
export async function startAzurite(): Promise<StoreServer> {
  const program = await ensureAzurite();
  const key = randomBytes(64).toString("base64");
  const server = await startServerProcess("azurite", (port, directory) => {
    const place = [
      "--blobHost",
      "127.0.0.1",
      "--blobPort",
      String(port),
      "--location",
      join(directory, "data"),
    ];
    return {
      argv: [process.execPath, program, ...place, "--skipApiVersionCheck", "--disableTelemetry", "--silent"],
      env: { ...process.env, AZURITE_ACCOUNTS: `${account}:${key}` },
    };
  });
  const proxy = await startFaultProxy(server.port);
  return {
    port: proxy.port,
    stop: async () => {
      await proxy.stop();
      await server.stop();
    },
    newPlace: async () => {
      const container = `backups-${randomBytes(6).toString("hex")}`;
      const settings = {
        ...{ type: "azure", account, container, key },
        endpoint: `http://127.0.0.1:${proxy.port}/${account}`,
      };
      const rclone = await rcloneAt(settings);
      const making = { ...rclone, options: { ...rclone.options, no_check_container: "false" } };
      await runRclone(making, ["mkdir", `STORE:${container}`]);
      const inScratch = async (work: (directory: string) => Promise<void>) => {
        const directory = mkdtempSync(join(tmpdir(), "azurite-hands-"));
        try {
          await work(directory);
        } finally {
          rmSync(directory, { recursive: true });
        }
      };
      const lay = (names: readonly string[], text: string) =>
        inScratch(async (directory) => {
          for (const name of names) writeFileSync(join(directory, name), text);
          await runRclone(rclone, ["copy", "--transfers", "8", directory, remote(rclone)]);
        });
      return {
        settings,
        lay,
        spoil: (name) =>
          inScratch(async (directory) => {
            const path = join(directory, "file");
            await runRclone(rclone, ["copyto", remote(rclone, name), path]);
            writeFileSync(path, spoiled(readFileSync(path)));
            await runRclone(rclone, ["copyto", "--ignore-times", path, remote(rclone, name)]);
          }),
        protect: async (name) => {
          await lay([name], "x");
          const end = `/${container}/${serverKey}/${name}`;
          const isRemoval = ({ method, path }: { method: string; path: string }) =>
            method === "DELETE" && decodeURIComponent(path.split("?")[0] ?? "").endsWith(end);
          proxy.add({ kind: "answer", status: 403, code: "AuthorizationPermissionMismatch" }, isRemoval);
        },
      };
    },
  };
}
