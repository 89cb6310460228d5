import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { planOf } from "../../../infra/config/load.ts";
import { buildPrograms, programsVersion } from "../../../scripts/build.ts";
import { startServers } from "../../e2e/servers.ts";
import type { SandboxServer } from "../../sandbox/sandbox-server.ts";
import { ansible } from "./ansible.ts";
import { commandName, commandPluginOnPath, commandProgram } from "./command-program.ts";
import { type DesiredState, desiredStateOf } from "./desired-state.ts";
import type { Contender } from "./one-server.ts";
import { configurationAt, type Program, program, unpreviewedProgram } from "./program.ts";
import { pyinfra } from "./pyinfra.ts";
import { type Road, roadTo } from "./road.ts";
import { installPython } from "./server-python.ts";
import { shellSteps, tar } from "./shell-tools.ts";
import type { Job, Tool } from "./tool.ts";

/** Where Node lies on servers that bring their own. */
const node = "/usr/local/bin/node";

/** Every tool with a server of its own. */
export interface Workshop {
  program: Program;
  ansible: Tool;
  pyinfra: Tool;
  contenders: Contender[];
  /** A sentence about tools that this machine lacks, or nothing. */
  leftOut: string;
  remove(): Promise<void>;
}

/** Starts the servers and writes every tool's files below `directory`; `commands` has Ansible and pyinfra. */
export async function openWorkshop(directory: string, commands: string): Promise<Workshop> {
  const hasCommand = commandPluginOnPath();
  const started: SandboxServer[] = [];
  const tools: Tool[] = [];
  const remove = async () => {
    for (const tool of tools) tool.remove?.();
    await Promise.all(started.map((server) => server.remove()));
  };
  const contenders: Contender[] = [];
  const enter = async <Kind extends Tool>(
    make: (job: Job) => Kind | Promise<Kind>,
    database: "empty" | "none" = "none",
  ) => {
    const [server] = await startServers({ database });
    if (server === undefined) throw new Error("a server was to be started");
    started.push(server);
    const own = join(directory, server.alias);
    mkdirSync(own);
    const road = roadTo(server);
    const desired = desiredStateFor(server, road);
    const tool = await make({ server, road, desired, directory: own });
    tools.push(tool);
    contenders.push({ tool, desired });
    return tool;
  };
  try {
    // Readiness asks this program's database; the other tools know of none.
    const ours = await enter(({ server, road }) => program(server, road), "empty");
    await enter(({ server, road }) => unpreviewedProgram(server, road), "empty");
    const usual = await enter(async (job) => {
      await installPython(job.server);
      return ansible(job, commands, { tuned: false });
    });
    await enter(async (job) => {
      await installPython(job.server);
      return ansible(job, commands, { tuned: true });
    });
    const other = await enter((job) => pyinfra(job, commands));
    if (hasCommand) await enter(commandProgram);
    await enter(shellSteps);
    await enter(tar);
    const leftOut = hasCommand ? "" : ` Left out: ${commandName}, whose plugin is not on PATH.`;
    return { program: ours, ansible: usual, pyinfra: other, contenders, leftOut, remove };
  } catch (error) {
    await remove();
    throw error;
  }
}

/** What this program puts on a server by its defaults, but for Node. */
function desiredStateFor(server: SandboxServer, road: Road): DesiredState {
  const result = planOf(configurationAt([{ server, road }]));
  const plan = "plan" in result ? result.plan.servers[0] : undefined;
  if (plan === undefined) throw new Error(`the configuration of ${server.alias} is wrong`);
  const bundles = buildPrograms();
  const stack = "database-backups/sandbox";
  return desiredStateOf(plan, node, bundles, { stack, programsVersion: programsVersion(bundles) });
}
