import { shellWord } from "../../scripts/contract/quoting.ts";
import { StatusReport } from "../../scripts/contract/status-report.ts";
import type { ServerPlan } from "../config/plan.ts";
import { RemoteHostError } from "../remotehost/errors.ts";
import type { OpenServer } from "../remotehost/looking.ts";
import { takeOverPending, takeOverScript, verificationScript } from "../server-files/verification.ts";
import { changesOf, type EngineReport } from "./changes.ts";
import type { Preflight } from "./preflight.ts";

/** The result of verifying a deployment. */
export interface Verification {
  /** The status check's final report; null if there is no readable one. */
  status: StatusReport | null;
  /** Databases whose container does not exist. */
  waiting: Waiting[];
  /** Whether this run made backups. False if Pulumi made them, or if there were verified ones already. */
  backedUp: boolean;
  /** The output of a failed verification; null if it succeeded, or if there is nothing to back up yet. */
  failure: string | null;
}

export interface Waiting {
  name: string;
  container: string;
}

export interface VerificationRequest {
  plan: ServerPlan;
  server: OpenServer;
  /** Whether the deployment changed anything on the server. */
  changed: boolean;
  /** Whether Pulumi ran the verification itself, by the command plugin. */
  provedByPulumi: boolean;
  /** Whether this machine replaces another one, whose copies become its own. */
  takesOver: boolean;
}

/** The status check's report; null if the text is not one. */
export function readStatus(text: string): StatusReport | null {
  try {
    return StatusReport.parse(JSON.parse(text));
  } catch {
    return null;
  }
}

/** The databases without a verified newest backup. */
export function unproved(status: StatusReport | null): string[] {
  return (status?.databases ?? [])
    .filter(({ backups }) => backups.newest?.verified !== true)
    .map(({ name }) => name);
}

const lookingFailed = "asking the status check failed";

async function statusOf({ paths }: ServerPlan, server: OpenServer): Promise<StatusReport | null> {
  return readStatus(await server.ask(`${shellWord(paths.statusLauncher)} --json || true`, lookingFailed));
}

async function waitingDatabases({ databases }: ServerPlan, server: OpenServer): Promise<Waiting[]> {
  const present = await server.ask("docker container ls --all --format '{{.Names}}'", lookingFailed);
  const names = present.split("\n");
  return databases
    .filter(({ container }) => !names.includes(container))
    .map(({ name, container }) => ({ name, container }));
}

/** Verifies all servers of a run. @returns null for each server that was not deployed to */
export function verifyServers(
  preflights: readonly Preflight[],
  report: EngineReport,
  takesOver: boolean,
): Promise<(Verification | null)[]> {
  return Promise.all(
    preflights.map(async ({ plan, server, problems }) => {
      if (problems.length > 0) return null;
      const changed = changesOf(report, plan.key) > 0;
      const provedByPulumi = report.done.includes(`${plan.key}-verification`);
      return verify({ plan, server, changed, provedByPulumi, takesOver });
    }),
  );
}

/**
 * Verifies a deployment with Pulumi's verification script: it backs up every existing database and runs the status
 * check. If nothing was changed and every database has a verified backup, only the status check runs. A lost connection
 * is a failure of that server only, so the other servers are still reported.
 */
export async function verify(request: VerificationRequest): Promise<Verification> {
  try {
    return await prove(request);
  } catch (error) {
    if (!(error instanceof RemoteHostError)) throw error;
    return { status: null, waiting: [], backedUp: false, failure: error.message };
  }
}

async function prove(request: VerificationRequest): Promise<Verification> {
  const { plan, server, changed, provedByPulumi } = request;
  const waiting = await waitingDatabases(plan, server);
  const isWaiting = (name: string) => waiting.some((database) => database.name === name);
  const missing = async () => unproved(await statusOf(plan, server)).some((name) => !isWaiting(name));
  const needed =
    plan.verification &&
    waiting.length < plan.databases.length &&
    ((changed && !provedByPulumi) || (await missing()));
  const failure = needed
    ? await outputOfFailure(server, verificationScript(plan))
    : (await isToTakeOver(request))
      ? await outputOfFailure(server, takeOverScript(plan))
      : null;
  return { status: await statusOf(plan, server), waiting, backedUp: needed && failure === null, failure };
}

/** A verification that Pulumi ran has taken over by itself. */
const isToTakeOver = async ({ plan, server, takesOver }: VerificationRequest): Promise<boolean> =>
  takesOver && plan.copies.length > 0 && (await server.ask(takeOverPending(plan), lookingFailed)) !== "";

/** @returns what a script printed that failed; null if it succeeded */
async function outputOfFailure(server: OpenServer, script: string): Promise<string | null> {
  const { code, stdout, stderr } = await server.run(script);
  return code === 0 ? null : `${stdout}${stderr}`.trim() || `exit code ${code}`;
}
