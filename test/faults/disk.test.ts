import { afterAll, beforeAll, expect, test } from "vitest";
import { chosen } from "./extent.ts";
import { type FaultServer, startFaultServer, succeed } from "./fault-server.ts";
import { dataDisk, fill, makeRoom as makeRoomIn, whileDatabaseIsMade } from "./full-disk.ts";
import { type Fault, survive } from "./survival.ts";

/** Full disks. */

let server: FaultServer;
/** Sizes of a backup of the live database, in bytes. */
let sizes: { archive: number; roles: number };

const pageBytes = 4096;
const bulk = "create table bulk as select n, md5(n::text) as text from generate_series(1, 100000) as n";

beforeAll(async () => {
  // The last older backup is small, so the size of the next one cannot be predicted.
  const states = [bulk, "drop table bulk; create table wares as select n from generate_series(1, 100) n"];
  const directory = "/root/database_backups";
  const sandbox = { tmpfs: { [directory]: "48m" }, dataSize: "320m" };
  server = await startFaultServer({ database: "empty", states, ...sandbox });
  await server.sandbox.psql(bulk);
  await succeed(server.sandbox, server.command("backup_database", "--quiet"));
  const files = Object.keys((await server.audit()).files).filter((file) => server.older[file] === undefined);
  const size = async (ending: string) => {
    const file = files.find((name) => name.endsWith(ending)) ?? "";
    return Number(await succeed(server.sandbox, `stat -c %s ${directory}/${file}`));
  };
  sizes = { archive: await size(".sql.gz"), roles: await size(".roles.sql") };
  await server.reset();
});
afterAll(() => server?.remove());

const filler = () => `${server.directory}/filler`;

/** Leaves exactly so many bytes free on the file system of the backups. */
async function leaveFree(bytes: number): Promise<void> {
  const free = Number(await succeed(server.sandbox, `df --output=avail -B1 ${server.directory} | tail -n 1`));
  await succeed(server.sandbox, `head -c ${free - bytes} /dev/zero >${filler()}`);
}
const makeRoom = async () => {
  await succeed(server.sandbox, `rm -f ${filler()}`);
};

const pages = (bytes: number) => Math.ceil(bytes / pageBytes) * pageBytes;
const wordsFor = (archive = "") => `--yes ${archive}`;

const backupFull = (what: string, free: () => number): Fault => ({
  fault: `the backups' disk full ${what}`,
  happen: async () => {
    await leaveFree(free());
    return server.run("backup_database");
  },
  code: 73,
  says: /filled up/,
  mend: makeRoom,
});

/** Space on the data's disk that a restore lacks, or loses to another program. */
function dataFull(): Fault[] {
  const words = () => wordsFor(server.archives[0]);
  const makeDataRoom = async () => {
    await succeed(server.sandbox, makeRoomIn(dataDisk(server)));
  };
  return [
    {
      fault: "the data's disk too full for a restore",
      happen: async () => {
        const disk = dataDisk(server);
        const free = `df --output=avail -B1 ${disk} | tail -n 1`;
        await succeed(server.sandbox, `head -c $(($(${free}) - 20000000)) /dev/zero >${disk}/filler`);
        return server.run("restore_database", words());
      },
      code: 73,
      says: /not enough space/,
      statusSays: null,
      mend: makeDataRoom,
    },
    {
      fault: "the data's disk filled by somebody else in the middle of a restore",
      happen: async () => {
        const command = server.command("restore_database", words());
        return server.sandbox.run(whileDatabaseIsMade(server, command, fill(dataDisk(server))));
      },
      // PostgreSQL itself stops if its write-ahead log could not grow.
      says: /failed: .*(No space left on device|could not write|server closed the connection|in recovery mode)/,
      mend: async () => {
        await makeDataRoom();
        await server.sandbox.startDatabase();
      },
    },
  ];
}

const faults: Fault[] = [
  backupFull("in the middle of the dump", () => Math.floor(sizes.archive / 2)),
  backupFull("at the roles", () => pages(sizes.archive)),
  backupFull("at the manifest", () => pages(sizes.archive) + pages(sizes.roles)),
  backupFull("in the manifest", () => pages(sizes.archive) + pages(sizes.roles) + pageBytes),
  {
    fault: "the backups' disk full at the backup before a restore",
    happen: async () => {
      await leaveFree(Math.floor(sizes.archive / 2));
      return server.run("restore_database", wordsFor(server.archives[0]));
    },
    code: 73,
    says: /filled up/,
    mend: makeRoom,
  },
  {
    fault: "the backups' disk full at a rehearsal's result",
    happen: async () => {
      await leaveFree(0);
      return server.run("rehearse_restore");
    },
    code: 73,
    says: /its result could not be written in .*no space left/,
    mend: makeRoom,
  },
  ...dataFull(),
];

test.each(chosen("disks", faults, 2))("$fault", async (fault) => {
  expect(sizes.archive).toBeGreaterThan(100_000);
  await survive(server, fault);
});
