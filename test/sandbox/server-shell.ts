import { docker } from "./docker.ts";
import { executeIn, succeedIn } from "./inside.ts";
import type { SandboxServer } from "./sandbox-server.ts";
import { waitForSshd } from "./server-container.ts";

type Shell = Pick<SandboxServer, "run" | "copyIn" | "writeFile" | "readFile" | "logins" | "stop" | "start">;

/** What can be done to and in a running server from outside, past its sshd. */
export function shell(container: string): Shell {
  const run: SandboxServer["run"] = (command, options) =>
    executeIn(container, ["sh", "-c", command], options);
  const read = (path: string) => succeedIn(container, ["cat", path]);
  return {
    run,
    readFile: async (path) => {
      const result = await executeIn(container, ["cat", "--", path]);
      if (result.code !== 0) throw new Error(`${container}: ${result.stderr.trim()}`);
      return result.stdout;
    },
    copyIn: async (from, to) => {
      await docker(["cp", from, `${container}:${to}`]);
    },
    writeFile: async (path, content, mode = "0644") => {
      const script = 'mkdir -p "$(dirname "$1")" && cat >"$1" && chmod "$2" "$1"';
      await succeedIn(container, ["sh", "-c", script, "sh", path, mode], { input: content });
    },
    logins: async () =>
      (await read("/var/log/sshd.log")).split("\n").filter((line) => line.includes("Accepted publickey"))
        .length,
    stop: async () => {
      await docker(["stop", "--time", "3", container]);
    },
    start: async () => {
      await docker(["start", container]);
      await waitForSshd(container);
    },
  };
}
