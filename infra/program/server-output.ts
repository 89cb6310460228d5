import { planNotes } from "../config/notes.ts";
import type { ServerPlan } from "../config/plan.ts";
import type { ServerFacts } from "../requirements/requirements.ts";
import { type ServerCommands, serverCommands } from "../server-files/commands.ts";
import { pathsOf } from "../server-files/installation.ts";

/** The stack's output for one server. */
export interface ServerOutput {
  host: string;
  databases: string[];
  paths: ReturnType<typeof pathsOf>;
  /** Cron expressions; `rehearsal` may be `never`. */
  schedule: { backup: string; status: string; rehearsal: string };
  programsVersion: string;
  /** The problems that prevent a deployment to the server now; empty if there are none. */
  problems: string[];
  /** Databases that are not backed up because their container does not exist. */
  notBackedUp: string[];
  notes: string[];
  commands: ServerCommands;
}

export const serverOutput = (
  plan: ServerPlan,
  facts: Pick<ServerFacts, "problems" | "notes" | "waiting">,
  programsVersion: string,
): ServerOutput => ({
  host: plan.connection.host,
  databases: plan.databases.map(({ name }) => name),
  paths: pathsOf(plan),
  schedule: {
    backup: plan.backups.schedule,
    status: plan.monitoring.schedule,
    rehearsal: plan.rehearsal.schedule,
  },
  programsVersion,
  problems: facts.problems,
  notBackedUp: facts.waiting,
  notes: [...facts.notes, ...planNotes(plan)],
  commands: serverCommands(plan),
});
