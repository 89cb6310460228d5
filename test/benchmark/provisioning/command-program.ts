import { isCommandPluginInstalled } from "../../../infra/program/command-plugin.ts";
import { shellCommand } from "../../../scripts/contract/quoting.ts";
import { cronFile, type DesiredState } from "./desired-state.ts";
import { createProject } from "./engine.ts";
import type { Way } from "./road.ts";
import { type Sources, writeSources } from "./sources.ts";
import type { Job, Tool } from "./tool.ts";

export const commandName = "@pulumi/command";

/** What stands in the project: the desired state as commands and copies. */
export function commandProgramText(
  desired: DesiredState,
  sources: Pick<Sources, "of">,
  keyFile: string,
): string {
  const directories = desired.directories.map(({ path, mode }) => ({
    path,
    command: `${shellCommand("mkdir", "-p", path)} && ${shellCommand("chmod", mode, path)}`,
  }));
  const files = [...desired.files, cronFile(desired)].map(({ path, mode }) => ({
    path,
    source: sources.of(path),
    command: shellCommand("chmod", mode, path),
  }));
  return `import { readFileSync } from "node:fs";
import * as pulumi from "@pulumi/pulumi";
import { remote } from "@pulumi/command";

const connection = {
  host: "127.0.0.1",
  port: new pulumi.Config().requireNumber("port"),
  user: "root",
  privateKey: pulumi.secret(readFileSync(${JSON.stringify(keyFile)}, "utf8")),
};
const directories = [];
for (const { path, command } of ${JSON.stringify(directories)}) {
  const dependsOn = directories.slice(-1);
  directories.push(new remote.Command(path, { connection, create: command, update: command }, { dependsOn }));
}
for (const { path, source, command } of ${JSON.stringify(files)}) {
  const asset = new pulumi.asset.FileAsset(source);
  const copy = new remote.CopyToRemote(path, { connection, source: asset, remotePath: path }, { dependsOn: directories });
  new remote.Command(path + "-mode", { connection, create: command, update: command }, { dependsOn: copy });
}
`;
}

/** Whether its plugin is on PATH; those in a person's home do not count, because the project has one of its own. */
export const commandPluginOnPath = (): boolean =>
  isCommandPluginInstalled({ PATH: process.env.PATH, PULUMI_HOME: "/nonexistent" });

/** A program of @pulumi/command; {@link commandPluginOnPath} must hold. */
export async function commandProgram({ server, road, desired, directory }: Job): Promise<Tool> {
  const sources = writeSources(directory, desired);
  const project = await createProject("command", commandProgramText(desired, sources, road.way.identityFile));
  let led: Way["port"] | null = null;
  const pulumi = async (...argv: string[]) => {
    if (led !== road.way.port) await project.pulumi("config", "set", "port", String(road.way.port));
    led = road.way.port;
    return /[-+~] ?\d+ (?:to )?(?:creat|updat|replac|delet)/.test(await project.pulumi(...argv));
  };
  return {
    name: commandName,
    note: "A command or a copy a thing, each with a login of its own. Compares the program with what it remembers and never looks at the server; takes any host key.",
    server,
    road,
    apply: () => pulumi("up", "--yes"),
    check: () => pulumi("preview", "--refresh"),
    forget: project.forget,
    remove: project.remove,
  };
}
