import * as z from "zod";
import { say } from "../../infra/local-machine/steps.ts";
import { interruptionOf, whileClientsAsk } from "../server/asking-clients.ts";
import { type RestoreServer, startRestoreServer } from "../server/restore-server.ts";
import { type ContestResult, type Goal, type Median, medianIn, type Sample } from "./contest.ts";

/** What clients see of a restore: of ours, of a roll back, and of the hand-made way. */

const Result = z.object({ cutOffSeconds: z.number() });

interface Seen {
  /** The worst gap between two answers of one client. */
  gap: Sample;
  before: Sample;
  cutOff: Sample;
}

/** Does the work while eight clients ask. It tells for how long it cut them off, in seconds. */
async function watched(server: RestoreServer, work: () => Promise<number>): Promise<Seen> {
  let cutOff = 0;
  const seen = await whileClientsAsk(server.sandbox, async () => {
    cutOff = await work();
  });
  const { worstGap, worstGapBefore } = interruptionOf(seen);
  return {
    gap: { seconds: worstGap / 1000, lostQueries: Math.max(...seen.map(({ failures }) => failures)) },
    before: { seconds: worstGapBefore / 1000 },
    cutOff: { seconds: cutOff },
  };
}

/** One restore or roll back by the program. @throws Error with what it said when it fails */
async function replace(server: RestoreServer, words: string): Promise<number> {
  const { code, stdout, stderr } = await server.restore(`--yes --json ${words}`);
  if (code !== 0) throw new Error(stderr || stdout);
  return Result.parse(JSON.parse(stdout)).cutOffSeconds;
}

/** The database dropped, made anew and filled: nobody has it meanwhile. */
async function refill({ sandbox }: RestoreServer, archive: string): Promise<number> {
  const { container, database, databaseUser } = sandbox;
  const psql = `docker exec -i ${container} psql -X -q -U ${databaseUser}`;
  const renew = `drop database "${database}" with (force); create database "${database}" template template0`;
  const steps = renew.split("; ").map((step) => `-c '${step}'`);
  const fill = `gunzip -c ${archive} | ${psql} -d ${database} >/dev/null`;
  const begun = performance.now();
  const { code, stderr } = await sandbox.run(`${psql} -d template1 ${steps.join(" ")} && ${fill}`);
  if (code !== 0) throw new Error(stderr);
  return (performance.now() - begun) / 1000;
}

const ours = "restore_database";
const undone = "restore_database --rollback";
const theirs = "drop, create, gunzip | psql";

function goals(median: Median, worstGap: (name: string) => number, lost: (name: string) => number): Goal[] {
  const replaced = median(theirs).toFixed(2);
  return [ours, undone].flatMap((name) => [
    {
      what: `${name}: worst gap of a client (${theirs}: ${replaced} s)`,
      wanted: "< 0.5 s",
      found: `${worstGap(name).toFixed(2)} s`,
      met: worstGap(name) < 0.5,
    },
    {
      what: `${name}: queries that one client lost`,
      wanted: "≤ 1",
      found: String(lost(name)),
      met: lost(name) <= 1,
    },
  ]);
}

/** Replaces a sandbox server's database in each way in turn while clients ask without pause. */
export async function interruption({ rounds }: { rounds: number }): Promise<ContestResult[]> {
  const server = await startRestoreServer();
  try {
    const archive = await server.backUp();
    const seen: Record<"restored" | "rolledBack" | "refilled", Seen[]> = {
      restored: [],
      rolledBack: [],
      refilled: [],
    };
    for (let round = 1; round <= rounds; round += 1) {
      say(`What clients see, ${round} of ${rounds} …`);
      seen.restored.push(await watched(server, () => replace(server, archive)));
      seen.rolledBack.push(await watched(server, () => replace(server, "--rollback")));
      seen.refilled.push(await watched(server, () => refill(server, archive)));
    }
    const contestants = [
      {
        name: theirs,
        note: "the bare replacement of the database, as hand-made restores do it: nobody has it meanwhile",
        samples: seen.refilled.map(({ gap }) => gap),
      },
      {
        name: ours,
        note: "restored beside the live database, compared, swapped with it in one transaction",
        samples: seen.restored.map(({ gap }) => gap),
      },
      {
        name: undone,
        note: "the replaced database swapped back",
        samples: seen.rolledBack.map(({ gap }) => gap),
      },
      {
        name: "no restore at all",
        note: "the worst gap of the same clients in the seconds before ours began: what this machine does to them anyway",
        samples: seen.restored.map(({ before }) => before),
      },
      {
        name: "the swap alone",
        note: "for how long restore_database says that it refused clients",
        samples: seen.restored.map(({ cutOff }) => cutOff),
      },
    ];
    const all = (name: string) => contestants.find((contestant) => contestant.name === name)?.samples ?? [];
    const worstGap = (name: string) => Math.max(...all(name).map(({ seconds }) => seconds));
    const lost = (name: string) => Math.max(...all(name).map(({ lostQueries = 0 }) => lostQueries));
    return [
      {
        title: "Interruption for clients",
        work: "Eight clients ask the sandbox's database without pause, each question a connection, while it is replaced. The time is the worst gap between two answers to one client.",
        contestants,
        goals: goals(medianIn(contestants), worstGap, lost),
      },
    ];
  } finally {
    await server.remove();
  }
}
