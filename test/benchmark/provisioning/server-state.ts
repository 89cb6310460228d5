import { createHash } from "node:crypto";
import { shellCommand } from "../../../scripts/contract/quoting.ts";
import type { SandboxServer } from "../../sandbox/sandbox-server.ts";
import type { DesiredState } from "./desired-state.ts";

/** Removes the results of all tools. @throws Error if that fails */
export async function empty(server: SandboxServer, desired: DesiredState): Promise<void> {
  const paths = [...desired.directories, ...desired.files, desired.cron].map(({ path }) => path);
  const ours = ["/var/lib/remotehost", "/root/.ansible"];
  const { code, stderr } = await server.run(
    `${shellCommand("rm", "-rf", ...paths, ...ours)} && { crontab -r 2>/dev/null || true; }`,
  );
  if (code !== 0) throw new Error(`${server.alias} could not be emptied: ${stderr}`);
}

/**
 * What is not as desired, one line each; whatever the tool, its cron entries stand in the table or in root's crontab.
 */
export async function differences(server: SandboxServer, desired: DesiredState): Promise<string[]> {
  const kinds = [
    ...desired.directories.map(({ path, mode }) => ({
      path,
      line: `directory ${mode.replace(/^0/, "")} root`,
    })),
    ...desired.files.map(({ path, mode, content }) => ({
      path,
      line: `regular file ${mode.replace(/^0/, "")} root ${createHash("sha256").update(content).digest("hex")}`,
    })),
  ];
  const look = `for path; do
  printf '%s ' "$(stat -c '%F %a %U' "$path" 2>&1)"
  [ ! -f "$path" ] || sha256sum "$path" | cut -d' ' -f1
  [ -f "$path" ] || echo
done`;
  const argv = kinds.map(({ path }) => path);
  const { stdout } = await server.run(`set -- ${shellCommand(...argv)}\n${look}`);
  const lines = stdout.split("\n").map((line) => line.trim());
  const wrong = kinds.flatMap(({ path, line }, index) =>
    lines[index] === line ? [] : [`${path}: ${lines[index]} instead of ${line}`],
  );
  const { stdout: cron } = await server.run(
    `${shellCommand("cat", desired.cron.path)} 2>/dev/null; crontab -l 2>/dev/null`,
  );
  const entries = cron.split("\n");
  const missing = desired.cron.entries.filter(
    ({ schedule, user, command }) =>
      !entries.includes(`${schedule} ${user} ${command}`) && !entries.includes(`${schedule} ${command}`),
  );
  return [...wrong, ...missing.map(({ command }) => `no cron entry ${command}`)];
}
