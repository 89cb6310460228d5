import type { Contest, Contestant } from "../contest.ts";
import type { BenchmarkServer } from "./benchmark-server.ts";
import { backupGoals } from "./goals.ts";
import { measure } from "./measurement.ts";
import { backup, backupOfRows, handMadeBackup, limitOfBackup } from "./names.ts";
import { placeText } from "./place.ts";

/** Ways to make a backup's file of the same database. */

/** @param file what the command leaves, as the shell's words */
function contestant(
  { sandbox, succeed, tidy }: BenchmarkServer,
  name: string,
  note: string,
  command: string,
  file?: string,
): Contestant {
  return {
    name,
    note,
    prepare: tidy,
    run: async () => {
      const { sample } = await measure(sandbox, command);
      if (file === undefined) return sample;
      return { ...sample, bytes: Number(await succeed(`stat -c %s ${file}`)) };
    },
  };
}

/** @param rounds how often each is measured */
export function backupContest(server: BenchmarkServer, rounds: number): Contest {
  const { container, database, databaseUser: user } = server.sandbox;
  const file = `${server.directory}/dump`;
  const ours = `${server.settings.paths.backups}/*.sql.gz`;
  const pgDump = `docker exec ${container} pg_dump -U ${user} ${database}`;
  const dumpOnly =
    "verifies nothing; the command's own file alone is measured, not the store that it goes into";
  const contestants = [
    contestant(
      server,
      handMadeBackup,
      "`docker exec pg_dump | gzip`; verifies nothing, and a dump that fails looks like one that did not",
      `${pgDump} | gzip >${file}`,
      file,
    ),
    contestant(
      server,
      "pg_dump | pigz",
      "the same, compressed on every processor; verifies nothing",
      `${pgDump} | pigz >${file}`,
      file,
    ),
    contestant(
      server,
      "borgmatic's dump command",
      `\`docker exec pg_dump --no-password --clean --if-exists --format custom\`; ${dumpOnly} (Borg)`,
      `docker exec ${container} pg_dump --no-password --clean --if-exists --username ${user} --format custom ${database} >${file}`,
      file,
    ),
    contestant(
      server,
      "kamal-backup's dump command",
      `\`pg_dump --format=custom --no-owner --no-privileges\`, which leaves out owners and grants; ${dumpOnly} (restic); run in the database's container, and not over the network from one of its own`,
      `docker exec -e PGUSER=${user} -e PGDATABASE=${database} ${container} pg_dump --format=custom --no-owner --no-privileges >${file}`,
      file,
    ),
    contestant(
      server,
      "pg_dump | zstd in the container",
      "no contestant of ours: what zstd would give (`zstd -3 -T0`, both commands in the database's container); verifies nothing",
      `docker exec ${container} bash -o pipefail -c 'pg_dump -U ${user} ${database} | zstd -q -3 -T0' >${file}`,
      file,
    ),
    contestant(
      server,
      limitOfBackup,
      "in the database's container: no compression, no file, nothing that leaves the container",
      `docker exec ${container} sh -c 'pg_dump -U ${user} ${database} >/dev/null'`,
    ),
    contestant(
      server,
      backup,
      "default settings: dump, roles, rows and a content hash of every table from the same snapshot, the file read back in full (decompressed, sha256, closing line), fsync, manifest, retention",
      server.command("backup_database", "--quiet"),
      ours,
    ),
    contestant(
      server,
      backupOfRows,
      "the same with rows alone, without content hashes",
      server.command("backup_database", "--quiet", "rows"),
      ours,
    ),
  ];
  return {
    title: `${server.size}: backup`,
    work: `${placeText(server)} One backup.`,
    contestants,
    rounds,
    goals: (median) => backupGoals(server.size, median),
  };
}
