import type { Answer, ContainerSeen } from "../../../../infra/requirements/database-look.ts";
import type { Inspection } from "../../../../infra/requirements/inspection.ts";
import { judge } from "../../../../infra/requirements/judgement.ts";
import type { Requirements } from "../../../../infra/requirements/requirements.ts";

/** A server that meets its requirements. Tests change one property of it. */

const data = "/root/app-db/data";
/** The requirements of one database with the pinned Node. */
export const requirements: Requirements = {
  commands: ["docker", "flock"],
  directories: [{ path: "/root/database_backups", minimumFree: 1_000_000 }],
  pathSettings: { "/root/database_backups": "paths.backups" },
  databases: [
    {
      name: "app",
      container: "app-db",
      database: "app_production",
      user: "app",
      dataDirectory: data,
      backups: "/b",
    },
  ],
  runtime: "pinned",
  mails: false,
};
export const machine = { id: "1", user: "root", architecture: "x86_64", kernel: "6.1" };

export const mount = { type: "bind", source: data, destination: "/var/lib/postgresql/data", name: null };
export const container: ContainerSeen = {
  name: "app-db",
  running: true,
  status: "running",
  dataDirectory: "/var/lib/postgresql/data",
  published: ["127.0.0.1:5433"],
  mounts: [mount],
};
export const answer: Answer = { ok: true, collation: null };
/** The inspection of a server that meets the requirements. */
export const fit: Inspection = {
  osRelease: { ID: "debian", PRETTY_NAME: "Debian GNU/Linux 12 (bookworm)" },
  missingCommands: [],
  cronRuns: true,
  dockerProblem: null,
  databases: [{ container, answer, hasBackup: false }],
  postgresContainers: ["app-db"],
  directories: [{ freeBytes: 2_000_000 }],
  systemNode: null,
  logProblem: null,
  hasMailer: false,
};
/** The sentences of a judgement. */
const sentences = (...words: Parameters<typeof judge>) => {
  const { problems, notes } = judge(...words);
  return { problems, notes };
};
/** An inspection whose only database differs. */
export const database = (more: object): Partial<Inspection> => ({
  databases: [{ container, answer, hasBackup: false, ...more }],
});
/** The judgement of a fit server with these differences. */
export const judged = (
  seen: Partial<Inspection>,
  more: Partial<Requirements> = {},
  architecture = "x86_64",
) => sentences({ ...machine, architecture }, { ...requirements, ...more }, { ...fit, ...seen });
