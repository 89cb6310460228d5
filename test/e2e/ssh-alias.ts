import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { SandboxServer } from "../sandbox/sandbox-server.ts";

/** The connection to a server under another name, for the server's key. */
export interface Alias {
  host: string;
  sshConfig: string;
}

/**
 * Another alias for a server, in an ssh_config that is removed with the server.
 * @param changes words of ssh_config and what stands after them instead
 */
export function aliasFor(server: SandboxServer, host: string, changes: Record<string, string> = {}): Alias {
  const own = readFileSync(server.sshConfig, "utf8").replace(`Host ${server.alias}\n`, `Host ${host}\n`);
  const changed = Object.entries(changes).reduce(
    (text, [word, value]) => text.replace(new RegExp(`^  ${word} .*$`, "m"), `  ${word} ${value}`),
    own,
  );
  const sshConfig = join(dirname(server.sshConfig), `${host}.config`);
  writeFileSync(sshConfig, changed, { mode: 0o600 });
  return { host, sshConfig };
}
