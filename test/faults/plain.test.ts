import { afterAll, beforeAll, expect, test } from "vitest";
import { chosen } from "./extent.ts";
import { type FaultServer, startFaultServer, succeed } from "./fault-server.ts";
import { lookBefore, nothingIsLeft } from "./invariants.ts";
import { backupsAreIntact } from "./survival.ts";
import { tally } from "./tally.ts";

/** The programs in a bare environment, and backups restored with stock tools. */

let server: FaultServer;

beforeAll(async () => {
  server = await startFaultServer();
});
afterAll(() => server?.remove());

const dumpOf = (content: string): string => content.split(" ")[0] ?? "";

async function isMadeByHand(command: (psql: string) => string): Promise<void> {
  const { sandbox } = server;
  await sandbox.psql("create database by_hand template template0", "template1");
  await succeed(sandbox, command(`psql -X -q -v ON_ERROR_STOP=1 -U ${sandbox.databaseUser} -d by_hand`));
  expect(dumpOf(await server.content("by_hand"))).toBe(dumpOf(await server.content()));
  await sandbox.psql("drop database by_hand", "template1");
}

test("gunzip and psql alone make the same database", async () => {
  const { container } = server.sandbox;
  await isMadeByHand((psql) => `gunzip -c ${server.archives.at(-1)} | docker exec -i ${container} ${psql}`);
  tally("gunzip -c FILE | psql, with nothing of ours, gives the same database", 1, ["works"]);
});

test("zstd and psql alone make the same database", async () => {
  await server.configure({ ...server.settings, zstdLevel: 1 });
  try {
    const backup = await server.run("backup_database", "--quiet");
    expect(backup.stderr).toBe("");
    const container = `docker exec -i ${server.sandbox.container}`;
    await isMadeByHand(
      (psql) => `cat ${server.directory}/*.sql.zst | ${container} sh -c 'zstd -dc | ${psql}'`,
    );
  } finally {
    await server.configure(server.settings);
    await server.reset();
  }
  tally("zstd -dc FILE | psql, with nothing of ours, gives the same database", 1, ["works"]);
});

const environments = [
  {
    what: "without PATH, HOME or terminal",
    start: (command: string) => `cd / && setsid ${command} </dev/null`,
  },
  { what: "with every descriptor closed", start: (command: string) => `setsid ${command} <&- >&- 2>&-` },
  {
    what: "in a directory that is gone",
    start: (command: string) => `mkdir /opt/test/gone; cd /opt/test/gone; rmdir /opt/test/gone; ${command}`,
  },
  { what: "with its output's reader gone", start: (command: string) => `${command} | true` },
  {
    what: "with umask 000 and a foreign locale",
    start: (command: string) => `umask 000; LC_ALL=tr_TR.UTF-8 ${command}`,
  },
];

test.each(chosen("environments", environments, 2))("a backup $what", async ({ what, start }) => {
  const before = await lookBefore(server);
  await server.sandbox.run(start(server.command("backup_database", "--quiet")));
  const log = (await server.log()).slice(before.logged);
  expect(log).toMatch(/backup finished/);
  expect(await succeed(server.sandbox, `find ${server.directory} -type f ! -perm 0600`)).toBe("");
  await backupsAreIntact(server);
  await nothingIsLeft(server, before);
  await server.reset();
  tally(`a backup ${what}`, 1, ["works", "names", "older", "left"]);
});
