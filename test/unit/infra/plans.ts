import { planOf } from "../../../infra/config/load.ts";
import type { ServerPlan, StackPlan } from "../../../infra/config/plan.ts";
import type { ServerFacts } from "../../../infra/requirements/requirements.ts";
import type { Bundle } from "../../../scripts/build.ts";

/** The plan of a valid configuration. */
export function stackPlanOf(configuration: Record<string, unknown>): StackPlan {
  const result = planOf(configuration);
  if ("problems" in result) throw new Error(JSON.stringify(result.problems));
  return result.plan;
}

/** The plan of a configuration's only server; by default the seed's. */
export function serverPlanOf(configuration: Record<string, unknown> = seed): ServerPlan {
  const [plan] = stackPlanOf(configuration).servers;
  if (plan === undefined) throw new Error("the configuration has no server");
  return plan;
}

export const seed = { servers: { "cloud.cerveras.com": {} }, databases: { curriculum_library_api: {} } };

/** A deployed server without any problem. */
export const goodFacts = (key: string): ServerFacts => ({
  key,
  reachable: true,
  deployed: true,
  problems: [],
  notes: [],
  waiting: [],
  machineId: `machine-of-${key}`,
  architecture: "x64",
  operatingSystem: "Debian GNU/Linux 12 (bookworm)",
  systemNode: { path: "/usr/local/bin/node", version: "22.23.0" },
});

/** A server that does not answer. */
export const deadFacts = (key: string, deployed: boolean | null): ServerFacts => ({
  ...goodFacts(key),
  reachable: false,
  deployed,
  problems: [`no answer from ${key}`],
  machineId: null,
  architecture: null,
  operatingSystem: null,
  systemNode: null,
});

const sha256 = (digit: string): string => digit.repeat(64);

export const bundles: Bundle[] = [
  {
    name: "backup_database",
    text: "backup",
    file: "/programs/backup_database.cjs",
    sha256: sha256("a"),
    bytes: 6,
  },
  {
    name: "check_database_status",
    text: "status",
    file: "/programs/check_database_status.cjs",
    sha256: sha256("b"),
    bytes: 6,
  },
  {
    name: "restore_database",
    text: "restore",
    file: "/programs/restore_database.cjs",
    sha256: sha256("c"),
    bytes: 7,
  },
  {
    name: "rehearse_restore",
    text: "rehearse",
    file: "/programs/rehearse_restore.cjs",
    sha256: sha256("d"),
    bytes: 8,
  },
  {
    name: "prune_backups",
    text: "prune",
    file: "/programs/prune_backups.cjs",
    sha256: sha256("e"),
    bytes: 5,
  },
  { name: "pin_backup", text: "pin", file: "/programs/pin_backup.cjs", sha256: sha256("f"), bytes: 3 },
  { name: "copy_backups", text: "copy", file: "/programs/copy_backups.cjs", sha256: sha256("9"), bytes: 4 },
];
