import { docker, tryDocker } from "./docker.ts";
import type { SandboxServer } from "./sandbox-server.ts";
import { waitForSshd } from "./server-container.ts";

type Shell = Pick<SandboxServer, "run" | "copyIn" | "writeFile" | "readFile" | "logins" | "stop" | "start">;

/** What can be done to and in a running server from outside, past its sshd. */
export function shell(container: string): Shell {
  const run: SandboxServer["run"] = (command, options) =>
    tryDocker(["exec", "-i", container, "sh", "-c", command], options);
  const read = (path: string) => docker(["exec", container, "cat", path]);
  return {
    run,
    readFile: async (path) => {
      const result = await tryDocker(["exec", container, "cat", "--", path]);
      if (result.code !== 0) throw new Error(`${container}: ${result.stderr.trim()}`);
      return result.stdout;
    },
    copyIn: async (from, to) => {
      await docker(["cp", from, `${container}:${to}`]);
    },
    writeFile: async (path, content, mode = "0644") => {
      const script = 'mkdir -p "$(dirname "$1")" && cat >"$1" && chmod "$2" "$1"';
      await docker(["exec", "-i", container, "sh", "-c", script, "sh", path, mode], { input: content });
    },
    logins: async () =>
      (await read("/var/log/sshd.log")).split("\n").filter((line) => line.includes("Accepted publickey"))
        .length,
    stop: async () => {
      await docker(["stop", "--time", "3", container]);
    },
    start: async () => {
      await docker(["exec", container, "true"]).catch(() => docker(["start", container]));
      await waitForSshd(container);
    },
  };
}
