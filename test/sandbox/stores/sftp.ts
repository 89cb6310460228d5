import { randomBytes } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { succeed } from "../../../infra/local-machine/command.ts";
import { ensureSshd } from "../set-up/sshd.ts";
import { folderHands } from "./folder-hands.ts";
import { startServerProcess } from "./server-process.ts";
import { type StoreServer, serverKey } from "./store-server.ts";

const user = "store";

/**
 * Starts OpenSSH's server for one user, who logs in by a key.
 * @param shell whether the user may run programs too, or may use sftp alone as at most storage boxes
 */
export async function startSftp({ shell }: { shell: boolean }): Promise<StoreServer> {
  const sshd = await ensureSshd();
  const { port, directory, stop } = await startServerProcess("sftp", async (port, directory) => {
    const at = (name: string) => join(directory, name);
    for (const key of ["host", "user"])
      await succeed(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", key, "-f", at(key)]);
    writeFileSync(at("sshd_config"), configuration(port, at, shell));
    writeFileSync(at("passwd"), users(at("data")));
    writeFileSync(at("group"), readFileSync("/etc/group"));
    // Where it locks up its part that speaks with strangers; the path is built in.
    if (process.getuid?.() === 0) mkdirSync("/run/sshd", { recursive: true, mode: 0o755 });
    return {
      argv: [sshd.path, "-D", "-e", "-f", at("sshd_config")],
      env: {
        ...process.env,
        LD_LIBRARY_PATH: sshd.libraries,
        LD_PRELOAD: sshd.users,
        NSS_WRAPPER_PASSWD: at("passwd"),
        NSS_WRAPPER_GROUP: at("group"),
      },
    };
  });
  const [algorithm, key] = readFileSync(join(directory, "host.pub"), "utf8").split(" ");
  return {
    port,
    stop,
    newPlace: async () => {
      const path = join(directory, "data", `backups-${randomBytes(6).toString("hex")}`);
      mkdirSync(join(path, serverKey), { recursive: true });
      return {
        ...folderHands(join(path, serverKey)),
        settings: {
          ...{ type: "sftp", host: "127.0.0.1", port, user, path, hostKey: `${algorithm} ${key}` },
          privateKey: readFileSync(join(directory, "user"), "utf8"),
          // Digests are made by programs, which only a shell can start.
          verify: shell ? "digest" : "full",
        },
      };
    },
  };
}

const configuration = (port: number, at: (name: string) => string, shell: boolean): string =>
  [
    `Port ${port}`,
    "ListenAddress 127.0.0.1",
    `HostKey ${at("host")}`,
    `AuthorizedKeysFile ${at("user.pub")}`,
    "PidFile none",
    "UsePAM no",
    "StrictModes no",
    "PermitRootLogin prohibit-password",
    "PasswordAuthentication no",
    "KbdInteractiveAuthentication no",
    "Subsystem sftp internal-sftp",
    ...(shell ? [] : ["ForceCommand internal-sftp", "DisableForwarding yes", "PermitTTY no"]),
    "",
  ].join("\n");

/** The user who logs in is who runs this, under another name; and `sshd`, which machines without the package lack. */
const users = (home: string): string =>
  [
    `${user}:x:${process.getuid?.()}:${process.getgid?.()}::${home}:/bin/sh`,
    "sshd:x:105:65534::/run/sshd:/usr/sbin/nologin",
    readFileSync("/etc/passwd", "utf8"),
  ].join("\n");
