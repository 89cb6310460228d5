import { buildPrograms, programsVersion } from "../../scripts/build.ts";
import { loadPlan } from "../config/load.ts";
import { chosenServers } from "./chosen-servers.ts";
import { commandPluginAvailable } from "./command-plugin.ts";
import { declareStack } from "./stack.ts";

const plan = loadPlan();
const bundles = await buildPrograms();

/** By the server's key: paths, schedule, the programs' version, notes, problems and commands to paste. */
export const servers = await declareStack(plan, {
  bundles,
  programsVersion: programsVersion(bundles),
  verificationPlugin: commandPluginAvailable,
  only: chosenServers(process.env),
});
