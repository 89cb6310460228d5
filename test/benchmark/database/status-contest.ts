import type { Contest } from "../contest.ts";
import { type BenchmarkServer, placeText } from "./benchmark-server.ts";
import { commandContestant } from "./contestant.ts";
import { statusGoals } from "./goals.ts";
import { question, status } from "./names.ts";

/** The status check of a server with one good backup. */
export function statusContest(server: BenchmarkServer, rounds: number): Contest {
  const { sandbox, tidy, command, succeed } = server;
  const { container, database, databaseUser } = sandbox;
  const prepare = async () => {
    await tidy();
    await succeed(command("backup_database", "--quiet"));
  };
  return {
    title: `${server.size}: status check`,
    work: `${placeText(server)} It was backed up a moment ago.`,
    contestants: [
      commandContestant(server, {
        name: question,
        note: "`docker exec psql -c 'select 1'`: what any look into the container costs",
        prepare,
        command: `docker exec ${container} psql -U ${databaseUser} -c 'select 1' ${database}`,
      }),
      commandContestant(server, {
        name: status,
        note: "all eight points and the figures",
        prepare,
        command: command("check_database_status"),
      }),
    ],
    rounds,
    goals: statusGoals,
  };
}
