import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { planOf } from "../../../infra/config/load.ts";
import { programsVersion } from "../../../scripts/build.ts";
import { startServers } from "../../e2e/servers.ts";
import type { SandboxServer } from "../../sandbox/sandbox-server.ts";
import { type Checkout, thisCheckout } from "../checkout.ts";
import { ansible } from "./ansible.ts";
import { type DesiredState, desiredStateOf } from "./desired-state.ts";
import type { Contender } from "./one-server.ts";
import { configurationAt, program, unpreviewedProgram } from "./program.ts";
import { pyinfra } from "./pyinfra.ts";
import { type Road, roadTo } from "./road.ts";
import { installPython } from "./server-python.ts";
import type { Job, Tool } from "./tool.ts";

/** The path of Node on servers with their own. */
const node = "/usr/local/bin/node";

/** All tools, each with its own server. */
export interface Workshop {
  contenders: Contender[];
  /** Adds this program and the others, whose commands are in a directory. */
  enterAll(commands: string): Promise<void>;
  /** Adds another checkout's program. Only the paths of its desired state count. */
  enterProgram(checkout: Checkout): Promise<Contender>;
  remove(): Promise<void>;
}

/** An empty workshop. The files of each tool are written below `directory`. */
export function openWorkshop(directory: string): Workshop {
  const started: SandboxServer[] = [];
  const contenders: Contender[] = [];
  const enter = async (
    make: (job: Job) => Tool | Promise<Tool>,
    database: "empty" | "none" = "none",
  ): Promise<Contender> => {
    const [server] = await startServers({ database });
    if (server === undefined) throw new Error("a server was to be started");
    started.push(server);
    const own = join(directory, server.alias);
    mkdirSync(own);
    const road = roadTo(server);
    const desired = await desiredStateFor(server, road);
    const contender = { tool: await make({ server, road, desired, directory: own }), desired };
    contenders.push(contender);
    return contender;
  };
  return {
    contenders,
    enterAll: async (commands) => {
      // Readiness queries this program's database. The other tools have none.
      await enter(({ server, road }) => program(server, road), "empty");
      await enter(({ server, road }) => unpreviewedProgram(server, road), "empty");
      await enter(async (job) => {
        await installPython(job.server);
        return ansible(job, commands);
      });
      await enter((job) => pyinfra(job, commands));
    },
    enterProgram: (checkout) => enter(({ server, road }) => program(server, road, checkout), "empty"),
    remove: async () => {
      for (const { tool } of contenders) tool.remove?.();
      await Promise.all(started.map((server) => server.remove()));
    },
  };
}

/** The files that this program puts on a server by default, except Node. */
async function desiredStateFor(server: SandboxServer, road: Road): Promise<DesiredState> {
  const result = planOf(configurationAt([{ server, road }]));
  const plan = "plan" in result ? result.plan.servers[0] : undefined;
  if (plan === undefined) throw new Error(`the configuration of ${server.alias} is wrong`);
  const bundles = await thisCheckout.buildPrograms();
  const stack = "database-backups/sandbox";
  return desiredStateOf(plan, node, bundles, { stack, programsVersion: programsVersion(bundles) });
}
