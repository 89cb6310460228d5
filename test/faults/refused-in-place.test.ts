import { afterAll, beforeAll, expect, test } from "vitest";
import { chosen } from "./extent.ts";
import { type FaultServer, startFaultServer, succeed } from "./fault-server.ts";
import { dataDisk, fill, makeRoom as makeRoomIn, whileDatabaseIsMade } from "./full-disk.ts";
import { inPlaceHolds, putLauncher, wordsInPlace } from "./in-place.ts";
import { type Fault, survive } from "./survival.ts";

/** Reasons not to drop the live database in a restore in place, and disks that fill up during one. */

let server: FaultServer;
/** The size of the larger archive in bytes. */
let archiveBytes: number;

const bulk = "create table bulk as select n, md5(n::text) as text from generate_series(1, 100000) as n";
const small = "drop table bulk; create table wares as select n from generate_series(1, 100) n";
const directory = "/root/database_backups";

/** Rows that violate a valid foreign key, as after an import. Their dump cannot be loaded. */
const orphans = `create table owners (id int primary key); create table pets (owner int references owners);
  insert into owners values (7); insert into pets values (7);
  set session_replication_role = replica; delete from owners`;
const noOrphans = "drop table pets, owners";

beforeAll(async () => {
  const sandbox = { tmpfs: { [directory]: "48m" }, dataSize: "320m" };
  server = await startFaultServer({ database: "empty", states: [bulk, small, orphans], ...sandbox });
  await server.sandbox.psql(noOrphans);
  await putLauncher(server);
  // The second one is the present state.
  for (const archive of server.archives.slice(0, 2)) {
    const proven = await server.run("rehearse_restore", archive);
    expect(proven.code, proven.stdout + proven.stderr).toBe(0);
  }
  await server.keep();
  archiveBytes = Number(await succeed(server.sandbox, `stat -c %s ${server.archives[0]}`));
});
afterAll(() => server?.remove());

const inPlace = (archive: number) => server.run("restore_database", wordsInPlace(server.archives[archive]));

const makeRoom = async () => {
  await succeed(server.sandbox, `${makeRoomIn(dataDisk(server))}; ${makeRoomIn(directory)}`);
};

/** The restore of the larger archive. */
const larger = () => server.command("restore_database", wordsInPlace(server.archives[0]));

/** Waits until the log has this line after line `$from`. */
const until = (line: string) =>
  `until tail -c +$((from + 1)) ${server.settings.paths.log} | grep -q '${line}'; do kill -0 $pid || exit 99; sleep 0.01; done`;
const from = () => `from=$(wc -c <${server.settings.paths.log})`;

/** Runs the restore, and another command as soon as the log has this line. */
const whileAt = (line: string, act: string) =>
  server.sandbox.run(`${from()}; cd /; ${larger()} </dev/null & pid=$!\n${until(line)}\n${act}; wait $pid`);

const file = () => `${server.sandbox.dataDirectory}/$(cat /opt/test/table)`;

/** Overwrites the first page of a table, like a bad disk. */
const damageTable = async () => {
  const { sandbox } = server;
  await sandbox.writeFile("/opt/test/table", await sandbox.psql("select pg_relation_filepath('wares')"));
  await sandbox.stopDatabase();
  await succeed(
    sandbox,
    `cp -a ${file()} /opt/test/kept && yes broken | dd of=${file()} bs=8192 count=1 iflag=fullblock conv=notrunc status=none`,
  );
  await sandbox.startDatabase();
};
const mendTable = async () => {
  await server.sandbox.stopDatabase();
  await succeed(server.sandbox, `cat /opt/test/kept >${file()}`);
  await server.sandbox.startDatabase();
};

const faults: Fault[] = [
  {
    fault: "a file whose content does not load, at a restore in place",
    happen: () => inPlace(2),
    code: 1,
    says: /is not proven to restore, so .* is not dropped: .*could not restore it/,
  },
  {
    fault: "a file that a rehearsal could not restore, at a restore in place",
    happen: async () => {
      const failed = await server.run("rehearse_restore", server.archives[2]);
      expect(failed.code).not.toBe(0);
      const planned = await server.run("restore_database", `--dry-run --in-place ${server.archives[2]}`);
      expect(planned.stdout).toMatch(/It could not be done/);
      expect(planned.code).toBe(1);
      return inPlace(2);
    },
    code: 1,
    says: /is not proven to restore, so .* is not dropped: .*could not restore it/,
  },
  {
    fault: "a live database whose backup does not load, at a restore in place",
    happen: async () => {
      await server.sandbox.psql(orphans);
      return inPlace(0);
    },
    code: 1,
    says: /is not proven to restore, so .* is not dropped: .*could not restore it/,
    mend: async () => {
      await server.sandbox.psql(noOrphans);
    },
  },
  {
    fault: "a live database that cannot be backed up, of which a page is damaged, at a restore in place",
    happen: async () => {
      await damageTable();
      return inPlace(0);
    },
    code: 1,
    says: /invalid page in block 0/,
    mend: mendTable,
  },
  {
    fault: "the throw-away container killed in the middle of the proof before a restore in place",
    happen: () =>
      whileAt(
        "backup finished",
        `until c=$(docker ps -q --filter label=database-backups.rehearsal=${server.name}); [ -n "$c" ]; do kill -0 $pid || exit 99; done; docker kill $c >/dev/null`,
      ),
    says: /\[DBK-INPLACE-[12]\]/,
  },
  {
    fault: "the backups' disk full at the backup before a restore in place",
    happen: async () => {
      const free = `df --output=avail -B1 ${directory} | tail -n 1`;
      const left = Math.floor(archiveBytes / 2);
      await server.sandbox.psql(
        "create table large as select md5(n::text) from generate_series(1, 100000) n",
      );
      await succeed(server.sandbox, `head -c $(($(${free}) - ${left})) /dev/zero >${directory}/filler`);
      return inPlace(0);
    },
    code: 73,
    says: /filled up/,
    mend: async () => {
      await makeRoom();
      await server.sandbox.psql("drop table large");
    },
  },
  {
    fault: "the data's disk filled by somebody else in the middle of the proof before a restore in place",
    happen: () => whileAt("backup finished", fill(dataDisk(server))),
    code: 73,
    says: /not enough space/,
    mend: async () => {
      await makeRoom();
      await server.sandbox.startDatabase();
    },
  },
  {
    fault: "the data's disk filled by somebody else after the drop of a restore in place",
    happen: () =>
      server.sandbox.run(
        `${from()}; ${whileDatabaseIsMade(server, larger(), fill(dataDisk(server)), until("restores in place; until it is done"))}`,
      ),
    // PostgreSQL itself stops if its write-ahead log could not grow.
    says: /failed: .*(No space left on device|could not write|server closed the connection|in recovery mode)/,
    mend: async () => {
      await makeRoom();
      await server.sandbox.startDatabase();
    },
    live: async (before, { stdout, stderr }) => {
      const words = wordsInPlace(server.archives[0]);
      const output = stdout + stderr;
      await inPlaceHolds(server, {
        before,
        outcomes: [before.live],
        output,
        way: "the printed commands",
        words,
      });
    },
  },
];

test.each(chosen("refusals in place", faults, 2))("$fault", (fault) => survive(server, fault));
