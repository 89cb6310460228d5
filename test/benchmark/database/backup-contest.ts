import type { Contest } from "../contest.ts";
import { type BenchmarkServer, placeText } from "./benchmark-server.ts";
import { commandContestant } from "./contestant.ts";
import { backupGoals } from "./goals.ts";
import { backup, backupByZstd, backupOfRows, handMadeBackup, limitOfBackup } from "./names.ts";

/**
 * Ways to make a backup's file of the same database.
 * @param rounds the number of measurements of each
 */
export function backupContest(server: BenchmarkServer, rounds: number): Contest {
  const entries = [...othersOn(server), ...oursOn(server)];
  return {
    title: `${server.size}: backup`,
    work: `${placeText(server)} One backup.`,
    contestants: entries.map((entry) => commandContestant(server, entry)),
    rounds,
    goals: (median) => backupGoals(server.size, median),
  };
}

function othersOn({ sandbox, directory }: BenchmarkServer) {
  const { container, database, databaseUser: user } = sandbox;
  const file = `${directory}/dump`;
  const pgDump = `docker exec ${container} pg_dump -U ${user} ${database}`;
  const inContainer = `pg_dump -U ${user} ${database}`;
  const borgmatic = "pg_dump --no-password --clean --if-exists";
  const kamalBackup = "pg_dump --format=custom --no-owner --no-privileges";
  const dumpOnly = "verifies nothing; the dump alone is measured, written to a file, and not the store";
  return [
    {
      name: handMadeBackup,
      note: "`docker exec pg_dump | gzip`; verifies nothing, and a dump that fails looks like one that did not",
      command: `${pgDump} | gzip >${file}`,
      file,
    },
    {
      name: "pg_dump | pigz",
      note: "the same, compressed on every processor; verifies nothing",
      command: `${pgDump} | pigz >${file}`,
      file,
    },
    {
      name: "borgmatic's dump command",
      note: `\`docker exec ${borgmatic} --format custom\`; ${dumpOnly} (Borg) that it goes into`,
      command: `docker exec ${container} ${borgmatic} --username ${user} --format custom ${database} >${file}`,
      file,
    },
    {
      name: "kamal-backup's dump command",
      note: `\`${kamalBackup}\`, which leaves out owners and grants; ${dumpOnly} (restic) that it goes into; run in the database's container, and not over the network from one of its own`,
      command: `docker exec -e PGUSER=${user} -e PGDATABASE=${database} ${container} ${kamalBackup} >${file}`,
      file,
    },
    {
      name: "pg_dump | zstd in the container",
      note: "`pg_dump | zstd -3 -T0`, both commands in the database's container, on every processor (ours takes one); verifies nothing",
      command: `docker exec ${container} bash -o pipefail -c '${inContainer} | zstd -q -3 -T0' >${file}`,
      file,
    },
    {
      name: limitOfBackup,
      note: "in the database's container: no compression, no file, nothing that leaves the container",
      command: `docker exec ${container} sh -c '${inContainer} >/dev/null'`,
    },
  ];
}

function oursOn({ command, backups }: BenchmarkServer) {
  const file = `${backups}/*.sql.*`;
  return [
    {
      name: backup,
      note: "default settings: dump, roles, rows and a content hash of every table from the same snapshot, the file read back in full (decompressed, sha256, closing line), fsync, manifest, retention",
      command: command("backup_database", "--quiet"),
      file,
    },
    {
      name: backupOfRows,
      note: "the same with rows alone, without content hashes",
      command: command("backup_database", "--quiet", "rows"),
      file,
    },
    {
      name: backupByZstd,
      note: "the same as with default settings, compressed by zstd (level 1) on one processor, in the database's container",
      command: command("backup_database", "--quiet", "zstd"),
      file,
    },
  ];
}
