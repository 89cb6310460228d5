import type * as pulumi from "@pulumi/pulumi";
import { Config } from "@pulumi/pulumi/config.js";
import { RunError } from "@pulumi/pulumi/errors.js";
import * as log from "@pulumi/pulumi/log/index.js";
import { getProject, getStack } from "@pulumi/pulumi/metadata.js";
import { isDryRun } from "@pulumi/pulumi/runtime/settings.js";
import type { Bundle } from "../../scripts/build.ts";
import { passwordsKey } from "../config/names.ts";
import type { ServerPlan, StackPlan } from "../config/plan.ts";
import { replacedDirectoryIn } from "../config/replaced-directory.ts";
import { declareServers } from "../remotehost/declare-servers.ts";
import { getServer } from "../remotehost/get-server.ts";
import { Readiness } from "../remotehost/readiness.ts";
import { readinessInputs } from "../requirements/readiness-inputs.ts";
import type { RequirementFacts, ServerFacts } from "../requirements/requirements.ts";
import { requirementsBefore, serverRequirements } from "../server-files/server-requirements.ts";
import { unverified } from "../server-files/verification.ts";
import { BackupServer } from "./backup-server.ts";
import { chosenServersVariable } from "./chosen-servers.ts";
import { installCommand } from "./command-plugin.ts";
import { declareDatabaseContainers, managedDatabases } from "./database-container.ts";
import { orphansText, tooFewChosenText } from "./orphans.ts";
import { type ServerOutput, serverOutput } from "./server-output.ts";
import { verifyServer } from "./server-verification.ts";

export interface StackParts {
  bundles: readonly Bundle[];
  programsVersion: string;
  /** Whether the verification's plugin can be had; asked only when a server wants verification. */
  verificationPlugin: () => Promise<boolean>;
  /** The keys at which alone a run with --target looks; all unless given. */
  only?: readonly string[] | null;
}

/** A server with what was found out about it, and what it gets. */
interface Candidate {
  plan: ServerPlan;
  facts: ServerFacts;
}

interface Deployed extends Candidate {
  server: BackupServer;
  containers: pulumi.Resource[];
}

/** A server that cannot be deployed to and never was gets nothing but its Readiness. */
const isToBeDeclared = ({ facts }: Candidate): boolean =>
  facts.deployed !== false || facts.problems.length === 0;

/**
 * Ends when nothing is left to be done on the other servers: a Readiness that fails ends the update for everything
 * that has not begun. Waited for and not depended on: a run with --target for one server must not reach the others.
 */
const othersSettled = (all: readonly Deployed[], key: string): Promise<unknown> =>
  Promise.all(
    all
      .filter(({ plan }) => plan.key !== key)
      .flatMap(({ server, containers }) => [server.settled, ...containers.map(settled)]),
  );

/** Ends when a resource is done with, however: without anything's depending on it. */
const settled = (resource: pulumi.Resource): Promise<void> =>
  new Promise((resolve) => {
    resource.urn.apply(() => resolve());
  });

const notLookedAt = "the last run was for other servers and has not looked at this one";

async function declare(plan: StackPlan, looked: readonly ServerPlan[]): Promise<void> {
  const renamed = plan.servers.flatMap(({ key, formerly }) => (formerly === null ? [] : [[key, formerly]]));
  const { formerStack: former } = plan;
  const leaving = Object.keys(plan.decommissioned).map((key) => ({ key, formerStack: former }));
  const handedOver = [...plan.servers, ...leaving].flatMap(({ key, formerStack }) =>
    formerStack === null ? [] : [[key, formerStack]],
  );
  const { orphans } = await declareServers({
    servers: plan.servers.map(({ connection }) => connection),
    formerly: Object.fromEntries(renamed),
    formerStacks: Object.fromEntries(handedOver),
    replaced: Object.fromEntries(
      plan.servers.map(({ key, paths }) => [key, replacedDirectoryIn(paths.installation)]),
    ),
    decommissioned: plan.decommissioned,
    lookedAt: looked.map(({ key }) => key),
    isPreview: isDryRun(),
  });
  const declared = [...plan.servers.map(({ key }) => key), ...renamed.flat()];
  const notChosen = orphans.filter((key) => declared.includes(key));
  if (notChosen.length > 0) throw new RunError(tooFewChosenText(chosenServersVariable, notChosen));
  if (orphans.length > 0) throw new RunError(orphansText(getProject(), getStack(), orphans));
}

async function lookAt(plan: ServerPlan): Promise<Candidate> {
  return { plan, facts: await getServer<RequirementFacts>(plan.connection, requirementsBefore(plan)) };
}

/** In a preview nothing fails yet, and the outputs cut long sentences off. */
async function tellProblems({ plan, facts }: Candidate): Promise<void> {
  if (!isDryRun() || facts.problems.length === 0) return;
  const causes = facts.problems.map((problem) => `\n  - ${problem}`).join("");
  await log.warn(
    `the server ${plan.key} is not ready, and nothing on it will be changed [DBK-READY-1]:${causes}`,
  );
}

/** Said in every run: what is deployed and green would else be taken for backed up. */
async function tellWaiting({ plan, facts }: Candidate): Promise<void> {
  if (facts.waiting.length === 0) return;
  const causes = facts.notes.map((note) => `\n  - ${note}`).join("");
  await log.warn(
    `on ${plan.key} nothing is backed up of ${facts.waiting.join(", ")} [DBK-READY-7]:${causes}`,
  );
}

async function tellEmpty({ servers }: StackPlan): Promise<void> {
  if (servers.length > 0) return;
  const stack = getStack();
  await log.warn(
    `Pulumi.${stack}.yaml names no server, so nothing is backed up. Add one: scripts/deploy_backup_system.sh SERVER [DBK-CONFIG-3]`,
  );
}

async function containersOf(plan: ServerPlan): Promise<pulumi.Resource[]> {
  if (managedDatabases(plan).length === 0) return [];
  return declareDatabaseContainers(plan, new Config().requireSecretObject(passwordsKey));
}

async function verificationPossible(servers: readonly ServerPlan[], parts: StackParts): Promise<boolean> {
  if (!servers.some(({ verification }) => verification)) return false;
  const possible = await parts.verificationPlugin();
  if (!possible) {
    const advice = `${installCommand}, or set verification: false`;
    const what = `${unverified}: Pulumi cannot get the command plugin. To have it: ${advice}`;
    await log.warn(`${what} [DBK-PULUMI-4]`);
  }
  return possible;
}

/**
 * Declares the whole stack and returns its outputs by server.
 * @throws RunError when a deployed server is missing from the configuration
 */
export async function declareStack(
  plan: StackPlan,
  parts: StackParts,
): Promise<Record<string, ServerOutput>> {
  const { only = null } = parts;
  const chosen = plan.servers.filter(({ key }) => only === null || only.includes(key));
  await declare(plan, chosen);
  const [candidates, verified] = await Promise.all([
    Promise.all(chosen.map(lookAt)),
    verificationPossible(chosen, parts),
  ]);
  await Promise.all([...candidates.map(tellProblems), ...candidates.map(tellWaiting), tellEmpty(plan)]);
  const { bundles, programsVersion } = parts;
  const stack = `${getProject()}/${getStack()}`;
  const deployed = await Promise.all(
    candidates.filter(isToBeDeclared).map(async (candidate): Promise<Deployed> => {
      const { plan, facts } = candidate;
      const server = new BackupServer({ plan, facts, bundles, programsVersion, stack });
      return { ...candidate, server, containers: await containersOf(plan) };
    }),
  );
  for (const { plan, facts, server, containers } of deployed) {
    if (!verified || !plan.verification) continue;
    verifyServer({
      plan,
      server,
      needs: containers,
      // On a server that is held nothing runs; its Readiness says why.
      isHeld: facts.problems.length > 0,
      others: deployed.filter((one) => one.plan.key !== plan.key).map((one) => one.server),
    });
  }
  for (const { plan } of candidates) {
    const own = deployed
      .filter((one) => one.plan.key === plan.key)
      .flatMap(({ server, containers }) => [server.last, ...containers]);
    new Readiness(
      `${plan.key}-readiness`,
      {
        connection: plan.connection,
        ...readinessInputs(othersSettled(deployed, plan.key).then(() => serverRequirements(plan))),
      },
      {
        dependsOn: own,
        aliases: plan.formerly === null ? [] : [{ name: `${plan.formerly}-readiness` }],
      },
    );
  }
  const facts = new Map(candidates.map((candidate) => [candidate.plan.key, candidate.facts]));
  const unknown = { problems: [], waiting: [], notes: [notLookedAt] };
  return Object.fromEntries(
    plan.servers.map((one) => [one.key, serverOutput(one, facts.get(one.key) ?? unknown, programsVersion)]),
  );
}
