import { spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";
import type { ServerPlan } from "../../../../infra/config/plan.ts";
import { remoteShell } from "../../../../infra/server-files/commands.ts";
import { verificationScript } from "../../../../infra/server-files/verification.ts";

/** A directory of fakes of the programs that a verification calls. Each notes in `asked` that it was. */
export function verificationRun() {
  const directory = mkdtempSync(join(tmpdir(), "verification-"));
  afterAll(() => rmSync(directory, { recursive: true }));
  const script = (name: string, text: string): void => {
    writeFileSync(join(directory, name), `#!/bin/sh\n${text}\n`);
    chmodSync(join(directory, name), 0o700);
  };
  return {
    directory,
    script,
    /** Runs ssh's remote command like a server's login shell. */
    run: (plan: ServerPlan) => {
      // A fake sudo, if the tests do not run as root.
      script("sudo", '[ "$1" = -n ] && shift; exec "$@"');
      writeFileSync(join(directory, "asked"), "");
      const { status, stdout, stderr } = spawnSync("sh", ["-c", remoteShell], {
        encoding: "utf8",
        input: verificationScript(plan),
        env: { PATH: `${directory}:/usr/bin:/bin` },
      });
      const asked = readFileSync(join(directory, "asked"), "utf8").trim().split("\n");
      return { code: status, stdout, stderr, asked };
    },
  };
}
