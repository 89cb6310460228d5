import { planNotes } from "../config/notes.ts";
import type { ServerPlan } from "../config/plan.ts";
import { ConnectError, RemoteHostError } from "../remotehost/errors.ts";
import { OpenServer, stateDirectory } from "../remotehost/looking.ts";
import { probeOf } from "../requirements/examiner.ts";
import { requirementsBefore } from "../server-files/server-requirements.ts";

/** The result of a look at a server before any change. */
export interface Preflight {
  plan: ServerPlan;
  server: OpenServer;
  /** The problems, each a sentence. */
  problems: string[];
  notes: string[];
  /** The databases that are not backed up because their container does not exist, by name. */
  waiting: string[];
  /** `unknown-host-key` if its host key is the only obstacle; another kind of refusal; null if it answers. */
  refusal: ConnectError | null;
  /** Keys of the stack under which the machine is deployed already. */
  deployedAs: string[];
}

/**
 * Each server's cron table and installation directory have its key in their names. The other resources prove no more.
 */
const ownRecords = `cat ${stateDirectory}/records/* 2>/dev/null | grep -E '^urn=.*-(cron-table|installation)$' | sort -u; true`;

/** The keys of the servers in a machine's records. */
export function keysOfRecords(text: string): string[] {
  const keys = text
    .split("\n")
    .flatMap((line) => /^urn=.*::(?<key>.+)-(?:cron-table|installation)$/.exec(line)?.groups?.key ?? []);
  return [...new Set(keys)].sort();
}

/**
 * Looks at a server in the same way as the deployment: same login, same requirements.
 * @param stack `PROJECT/STACK`, whose the machine may be
 */
export async function lookAt(
  plan: ServerPlan,
  stack: string,
  tell: (text: string) => void,
): Promise<Preflight> {
  const server = new OpenServer(plan.connection, tell);
  try {
    await server.login();
    const { problems, notes, facts } = await server.examine(stack, probeOf(requirementsBefore(plan)));
    const records = problems.length > 0 ? "" : await server.ask(ownRecords, "looking at the server failed");
    const reported = [...notes, ...planNotes(plan)];
    const deployedAs = keysOfRecords(records);
    const { waiting } = facts;
    return { plan, server, problems, notes: reported, waiting, refusal: null, deployedAs };
  } catch (error) {
    if (!(error instanceof RemoteHostError)) throw error;
    const refusal = error instanceof ConnectError ? error : null;
    return { plan, server, problems: [error.message], notes: [], waiting: [], refusal, deployedAs: [] };
  }
}

/** Why a machine that is deployed under another key of the configuration must not get this one as well; else null. */
export function twinProblem({ plan, deployedAs }: Preflight, configured: readonly string[]): string | null {
  const others = deployedAs.filter(
    (key) => key !== plan.key && key !== plan.formerly && configured.includes(key),
  );
  const [other] = others;
  if (other === undefined) return null;
  return (
    `${plan.key}: it is the same machine as ${others.join(" and ")}, which is deployed already. ` +
    `Deploy it by that name, or write it under servers with formerly: ${other} in its place. ` +
    `If it is another machine, cloned from that one: on the clone rm -r ${stateDirectory}, and give it a machine-id of ` +
    "its own: rm -f /etc/machine-id /var/lib/dbus/machine-id; systemd-machine-id-setup. [DBK-READY-16]"
  );
}
