import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { execute, succeed } from "../../../infra/local-machine/command.ts";
import { shellStepsText, tarText } from "./shell-steps.ts";
import { writeSources } from "./sources.ts";
import type { Job, Tool } from "./tool.ts";

/** A script with one ssh a step. */
export function shellSteps({ server, road, desired, directory }: Job): Tool {
  const script = join(directory, "steps.sh");
  const sources = writeSources(join(directory, "files"), desired);
  writeFileSync(script, shellStepsText(desired, sources, road.sshConfig, road.alias));
  return {
    name: "shell script, one ssh a step",
    note: "Writes everything each time, in place: what is read meanwhile is half a file. Looks at nothing, so that it has no drift check.",
    server,
    road,
    apply: async () => {
      await succeed(["sh", script]);
      return null;
    },
  };
}

/** The floor. */
export function tar({ server, road, desired, directory }: Job): Tool {
  const sources = writeSources(join(directory, "files"), desired);
  const { apply, check } = tarText(desired, sources, road.sshConfig, road.alias);
  return {
    name: "tar | ssh",
    note: "The floor: one archive through one login, unpacked over whatever is there, or compared with it by tar -d. It owns nothing and removes nothing.",
    server,
    road,
    apply: async () => {
      await succeed(["sh", "-c", apply]);
      return null;
    },
    check: async () => {
      const { code, stdout, stderr } = await execute(["sh", "-c", check]);
      if (code > 1) throw new Error(`tar -d exited ${code}: ${stderr}`);
      return stdout !== "" || code === 1;
    },
  };
}
