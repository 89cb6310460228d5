import { shellWord } from "../../scripts/contract/quoting.ts";
import { StatusReport } from "../../scripts/contract/status-report.ts";
import type { ServerPlan } from "../config/plan.ts";
import { RemoteHostError } from "../remotehost/errors.ts";
import type { OpenServer } from "../remotehost/looking.ts";
import { verificationScript } from "../server-files/verification.ts";

/** How the end of a deployment was proved. */
export interface Verification {
  /** What the status check says at the end; null where it gave no answer that can be read. */
  status: StatusReport | null;
  /** Databases whose container does not exist. */
  waiting: Waiting[];
  /** Whether this run made the first backups, rather than finding them or having Pulumi make them. */
  backedUp: boolean;
  /** Why nothing is proved, with what was printed; null when it is, or when there is nothing to back up yet. */
  failure: string | null;
}

export interface Waiting {
  name: string;
  container: string;
}

export interface VerificationRequest {
  plan: ServerPlan;
  server: OpenServer;
  /** Whether the deployment changed anything there. */
  changed: boolean;
  /** Whether Pulumi ran the verification itself, by the command plugin. */
  provedByPulumi: boolean;
}

/** What the status check said; null where that cannot be read. */
export function readStatus(text: string): StatusReport | null {
  try {
    return StatusReport.parse(JSON.parse(text));
  } catch {
    return null;
  }
}

/** The databases of which there is no verified backup. */
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

/**
 * Proves a deployment: a backup of every database that is there, and the status check, by the script that Pulumi would
 * run. Where nothing was changed and every database has a verified backup it only asks the status check. A server that is
 * lost meanwhile is a failure of its own: what is known of the others is reported.
 */
export async function verify(request: VerificationRequest): Promise<Verification> {
  try {
    return await prove(request);
  } catch (error) {
    if (!(error instanceof RemoteHostError)) throw error;
    return { status: null, waiting: [], backedUp: false, failure: error.message };
  }
}

async function prove({ plan, server, changed, provedByPulumi }: VerificationRequest): Promise<Verification> {
  const waiting = await waitingDatabases(plan, server);
  const isWaiting = (name: string) => waiting.some((database) => database.name === name);
  const missing = async () => unproved(await statusOf(plan, server)).some((name) => !isWaiting(name));
  const needed =
    plan.verification &&
    waiting.length < plan.databases.length &&
    ((changed && !provedByPulumi) || (await missing()));
  const failure = needed ? await backUp(plan, server) : null;
  return { status: await statusOf(plan, server), waiting, backedUp: needed && failure === null, failure };
}

/** @returns what was printed where it failed; null where it worked */
async function backUp(plan: ServerPlan, server: OpenServer): Promise<string | null> {
  const { code, stdout, stderr } = await server.run(verificationScript(plan));
  return code === 0 ? null : `${stdout}${stderr}`.trim() || `exit code ${code}`;
}
