import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { projectNode } from "../../../infra/local-machine/places.ts";

/** The directories of the real programs that the stand-ins call. */
export interface RealPrograms {
  npm: string;
  pulumi: string;
}

/**
 * Writes the programs that take the place of others on PATH, each because the other one cannot do its work here.
 * @param sshConfig ssh reads the configuration of the account's home whatever HOME says, so it is told another one
 */
export function writeStandIns(
  directory: string,
  { npm, pulumi }: RealPrograms,
  sshConfig: string,
  containerFile: string,
): void {
  const texts: Record<string, string> = {
    ssh: `exec /usr/bin/ssh -F '${sshConfig}' "$@"`,
    scp: `exec /usr/bin/scp -F '${sshConfig}' "$@"`,
    // Its PATH would bypass these programs, and the tests are root already.
    sudo: 'exec "$@"',
    // There is no image registry, no image of the application and no key of Kamal's.
    kamal: `exec '${projectNode}' '${join(import.meta.dirname, "kamal.ts")}' '${containerFile}' "$@"`,
    // The dependencies are installed. A test must not remove those of the repository that runs it.
    npm: `case "$1" in ci | install) exit 0 ;; esac\nexec '${npm}' "$@"`,
    // There is no Pulumi Cloud and no bucket. A login to a directory is real.
    pulumi: `case "$*" in login | "login s3:"* | "login gs:"* | "login azblob:"*) exit 0 ;; esac\nexec '${pulumi}' "$@"`,
  };
  mkdirSync(directory, { recursive: true });
  for (const [name, text] of Object.entries(texts))
    writeFileSync(join(directory, name), `#!/bin/sh\n${text}\n`, { mode: 0o755 });
}
