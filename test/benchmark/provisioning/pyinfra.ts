import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { succeed } from "../../../infra/local-machine/command.ts";
import { changedByPyinfra, deployText, pyinfraInventoryText } from "./pyinfra-deploy.ts";
import { pythonTools } from "./python-tools.ts";
import { writeSources } from "./sources.ts";
import type { Job, Tool } from "./tool.ts";

export const pyinfraName = "pyinfra";

/** pyinfra with a deploy for the desired state; `commands` is the directory with pyinfra. */
export function pyinfra({ server, road, desired, directory }: Job, commands: string): Tool {
  const file = (name: string) => join(directory, name);
  const sources = writeSources(file("files"), desired);
  writeFileSync(file("deploy.py"), deployText(desired, sources));
  const deploy = async (...words: string[]) => {
    // The address is only known at run time.
    writeFileSync(file("inventory.py"), pyinfraInventoryText(road.alias, road.way));
    const argv = [join(commands, "pyinfra"), ...words, file("inventory.py"), file("deploy.py")];
    return changedByPyinfra(await succeed(["sh", "-c", '"$@" 2>&1', "sh", ...argv], { cwd: directory })) > 0;
  };
  return {
    name: pyinfraName,
    note: `pyinfra ${pythonTools.pyinfra}: asks for facts first, then runs shell commands over one login. Its cron entries stand in root's crontab, each below a marker.`,
    server,
    road,
    apply: () => deploy("--yes"),
    check: () => deploy("--dry", "--diff"),
  };
}
