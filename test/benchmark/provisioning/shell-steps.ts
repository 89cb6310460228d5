import { shellCommand, shellWord } from "../../../scripts/contract/quoting.ts";
import { cronFile, type DesiredState } from "./desired-state.ts";
import type { Sources } from "./sources.ts";

/** What people write who use no tool: a script that logs in anew for each step and looks at nothing. */
export function shellStepsText(
  desired: DesiredState,
  sources: Pick<Sources, "of">,
  sshConfig: string,
  alias: string,
): string {
  const on = (command: string) => `${shellCommand("ssh", "-F", sshConfig, alias)} ${shellWord(command)}`;
  const directories = desired.directories.map(({ path, mode }) =>
    on(`${shellCommand("mkdir", "-p", path)} && ${shellCommand("chmod", mode, path)}`),
  );
  const files = [...desired.files, cronFile(desired)].map(({ path, mode }) => {
    const write = `cat > ${shellWord(path)} && ${shellCommand("chmod", mode, path)}`;
    return `${on(write)} < ${shellWord(sources.of(path))}`;
  });
  return ["set -eu", ...directories, ...files, ""].join("\n");
}

/** One archive through one login, unpacked there or compared with what is there: nothing can be faster. */
export function tarText(
  desired: DesiredState,
  sources: Pick<Sources, "root">,
  sshConfig: string,
  alias: string,
) {
  const paths = [...desired.directories, ...desired.files, cronFile(desired)].map(({ path }) =>
    path.replace(/^\//, ""),
  );
  const owner = ["--owner=0", "--group=0", "--numeric-owner"];
  const pack = shellCommand("tar", "-c", "-C", sources.root, ...owner, "--no-recursion", "-f", "-", ...paths);
  const through = (there: string) =>
    `${pack} | ${shellCommand("ssh", "-F", sshConfig, alias)} ${shellWord(there)}`;
  return { apply: through("tar -x -p -C / -f -"), check: through("tar -d -C / -f -") };
}
