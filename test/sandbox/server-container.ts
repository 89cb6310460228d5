import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { docker, keptLabel, label, socketPath, tryDocker } from "./docker.ts";
import { executeIn } from "./inside.ts";
import { containerOf, type NumberedOptions, portOf, volumeOf } from "./server-options.ts";
import type { Endpoint, SshFiles } from "./ssh-files.ts";

const jumpAddress = "127.0.0.2"; // loopback of the network that server and jump host share: nobody else gets there
const sshdSeconds = 20;
/**
 * Logins that sshd takes before they are authenticated; by default it begins to drop them at ten. Twelve workers may
 * drive one server, and the plugin of each begins up to eight logins at once (session-pool.ts).
 */
const startups = 12 * 10;

/** Where the server's sshd listens, and who logs in. */
export function endpointOf(options: NumberedOptions, alias: string): Endpoint {
  const user = (options.login ?? "root") === "root" ? "root" : "deploy";
  const published = { host: "127.0.0.1", port: portOf(options.number) };
  if (!options.jumpHost) return { alias, user, ...published, jump: null };
  const behind = { host: `${alias}.internal`, port: 2022 };
  return { alias, user, ...behind, jump: { alias: `${alias}-jump`, ...published } };
}

/** Starts the server's container, and its jump host's, and waits until sshd answers. */
export async function runServer(
  image: string,
  options: NumberedOptions,
  endpoint: Endpoint,
  files: SshFiles,
  mountpoint: string,
): Promise<void> {
  const container = containerOf(options.number);
  const publish = ["--publish", `127.0.0.1:${portOf(options.number)}:22`];
  const kept = options.kept ? ["--label", keptLabel] : [];
  const common = ["--label", `${label}=${options.number}`, ...kept];
  let network = publish;
  if (endpoint.jump) {
    const jump = `${container}-jump`;
    const argv = [
      ...common,
      ...publish,
      "--hostname",
      `${endpoint.jump.alias}`,
      "--add-host",
      `${endpoint.host}:${jumpAddress}`,
    ];
    await createServer(jump, image, argv, { ...serverFiles(options, endpoint), "sshd.conf": "" }, files);
    await docker(["start", jump]);
    network = ["--network", `container:${jump}`];
  } else {
    network = [...publish, "--hostname", endpoint.alias];
  }
  const tmpfs = Object.entries(options.tmpfs ?? {}).flatMap(([path, size]) => [
    "--tmpfs",
    `${path}:size=${size},mode=0700`,
  ]);
  const fuse = options.fuse ? ["--cap-add", "SYS_ADMIN", "--device", "/dev/fuse"] : [];
  const mounts = [
    "--volume",
    `${socketPath()}:/var/run/docker.sock`,
    "--volume",
    `${options.dataSize === undefined ? mountpoint : volumeOf(options.number)}:${mountpoint}`,
    ...(options.readOnly === undefined ? [] : ["--volume", `${mountpoint}/read-only:${options.readOnly}:ro`]),
  ];
  await createServer(
    container,
    image,
    [...common, ...network, ...mounts, ...tmpfs, ...fuse],
    serverFiles(options, endpoint),
    files,
  );
  await docker(["start", container]);
  await waitForSshd(container);
}

/** Waits until sshd listens: `ssh` works from now on. */
export async function waitForSshd(container: string): Promise<void> {
  for (let waited = 0; waited < sshdSeconds * 20; waited++) {
    const listens = await executeIn(container, [
      "sh",
      "-c",
      // sshd writes this file once it listens; the entrypoint removes that of the start before, and starts cron last.
      "pgrep -x cron && kill -0 $(cat /run/sshd.pid)",
    ]);
    if (listens.code === 0) return;
    await setTimeout(50);
  }
  const logs = await tryDocker(["logs", "--tail", "20", container]);
  throw new Error(`sshd in ${container} does not come up; the log ends:\n${logs.stdout}${logs.stderr}`);
}

/** The files from which the image's entrypoint makes the server what it is. */
function serverFiles(options: NumberedOptions, endpoint: Endpoint): Record<string, string> {
  const login = options.login ?? "root";
  const listen = endpoint.jump ? [`ListenAddress ${jumpAddress}`, `Port ${endpoint.port}`] : [];
  const sshd = [
    // sshd takes the first of two values: a test's own stands before.
    ...(options.sshdOptions ?? []),
    `MaxStartups ${startups}`,
    `PermitRootLogin ${login === "root" ? "prohibit-password" : "no"}`,
    ...listen,
  ];
  return {
    login: `${endpoint.user}\n`,
    sudoers: login === "sudo" ? `${endpoint.user} ALL=(ALL) NOPASSWD:ALL\n` : "",
    bashrc: options.bashrc ? `${options.bashrc}\n` : "",
    "sshd.conf": `${sshd.join("\n")}\n`,
    timezone: `${options.timezone ?? "Etc/UTC"}\n`,
  };
}

async function createServer(
  container: string,
  image: string,
  argv: string[],
  contents: Record<string, string>,
  files: SshFiles,
): Promise<void> {
  await docker(["create", "--name", container, ...argv, image]);
  const parent = mkdtempSync(join(tmpdir(), "sandbox-"));
  const stage = join(parent, "sandbox");
  try {
    mkdirSync(stage, { mode: 0o700 });
    for (const [name, content] of Object.entries(contents)) writeFileSync(join(stage, name), content);
    copyFileSync(files.hostKeyFile, join(stage, "host_key"));
    copyFileSync(`${files.hostKeyFile}.pub`, join(stage, "host_key.pub"));
    copyFileSync(`${files.identityFile}.pub`, join(stage, "authorized_keys"));
    await docker(["cp", stage, `${container}:/`]);
  } finally {
    rmSync(parent, { recursive: true, force: true });
  }
}
