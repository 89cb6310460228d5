import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { execute, succeed } from "../../infra/local-machine/command.ts";
import { repository } from "../../infra/local-machine/places.ts";
import { pulumiPrograms } from "../../infra/pulumi-cli/pulumi-cli.ts";
import type { SandboxServer } from "../sandbox/sandbox-server.ts";
import { builtHost } from "../sandbox/set-up/pulumi-cli.ts";
import { stackFileFor } from "./deploy-project.ts";

/** A person on this machine with an account and a clone of the repository. */
export interface Account {
  home: string;
  clone: string;
  /** The words that run a shell command in the clone as this person, without this process's environment. */
  as(command: string, environment: Readonly<Record<string, string>>): string[];
  remove(): Promise<void>;
}

const copied = ["infra", "scripts", "package.json", "package-lock.json", "tsconfig.json", "Pulumi.yaml"];

/** Creates the account. The stack's file has the database beside `server`; ~/.ssh/config has the server. */
export async function makeAccount(name: string, server: SandboxServer): Promise<Account> {
  const home = mkdtempSync(join(tmpdir(), `${name}-`));
  await execute(["userdel", name]);
  await succeed(["useradd", "--system", "--user-group", "--home-dir", home, "--shell", "/bin/sh", name]);
  const clone = join(home, "clone");
  for (const path of [clone, join(home, "pulumi")]) mkdirSync(path);
  for (const file of copied)
    cpSync(join(repository, file), join(clone, file), { recursive: true, preserveTimestamps: true });
  const cli = dirname(await succeed(["sh", "-c", "command -v pulumi"]));
  for (const program of [...pulumiPrograms, builtHost])
    if (existsSync(join(cli, program))) cpSync(join(cli, program), join(home, "pulumi", program));
  const [identity, knownHosts] = [join(home, "identity"), join(home, "known_hosts")];
  cpSync(server.identityFile, identity);
  cpSync(server.knownHosts, knownHosts);
  const sshConfig = readFileSync(server.sshConfig, "utf8")
    .replaceAll(server.identityFile, identity)
    .replaceAll(server.knownHosts, knownHosts);
  writeFileSync(join(home, "ssh_config"), sshConfig);
  writeFileSync(join(clone, "Pulumi.prod.yaml"), stackFileFor(server));
  await succeed(["chown", "--recursive", `${name}:`, home]);
  chmodSync(home, 0o755);
  // Root's files are linked if possible, because they are large and only read.
  const modules = [join(repository, "node_modules"), join(clone, "node_modules")];
  if ((await execute(["cp", "--archive", "--link", ...modules])).code !== 0)
    await succeed(["cp", "--archive", ...modules]);
  return {
    home,
    clone,
    as: (command, environment) => [
      ...["setpriv", "--reuid", name, "--regid", name, "--init-groups", "env", "-i"],
      ...[`HOME=${home}`, `PATH=${home}/pulumi:/usr/local/bin:/usr/bin:/bin`],
      ...Object.entries(environment).map(([variable, value]) => `${variable}=${value}`),
      ...["sh", "-c", `cd ${clone} && ${command}`],
    ],
    remove: async () => {
      await execute(["userdel", name]);
      rmSync(home, { recursive: true, force: true });
    },
  };
}
