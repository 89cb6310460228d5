import { afterAll, beforeAll, expect, test } from "vitest";
import type { CommandResult } from "../../infra/local-machine/command.ts";
import { chosen, full, times } from "./extent.ts";
import { type FaultServer, startFaultServer, succeed } from "./fault-server.ts";
import { liveDatabaseIsOneOf, lookBefore, nothingIsLeft } from "./invariants.ts";
import { backupsAreIntact } from "./survival.ts";
import { tally } from "./tally.ts";

/** Concurrent runs. */

let server: FaultServer;

beforeAll(async () => {
  const filled = "create table wares as select n, md5(n::text) as text from generate_series(1, 100000) as n";
  server = await startFaultServer({ database: "empty", states: [filled] });
});
afterAll(() => server?.remove());

const locked = 75;

test.each(full ? [2, 20] : chosen("numbers of runs", [2, 20], 1))("%i runs at once", async (number) => {
  const before = await lookBefore(server);
  const out = "/opt/test/codes";
  await succeed(
    server.sandbox,
    `rm -rf ${out}; mkdir ${out}; for n in $(seq ${number}); do { ${server.command("backup_database")} >/dev/null 2>&1; echo $? >${out}/$n; } & done; wait`,
  );
  const codes = (await succeed(server.sandbox, `cat ${out}/*`)).trim().split("\n").map(Number);
  const succeeded = codes.filter((code) => code === 0).length;
  const refused = codes.filter((code) => code === locked).length;
  expect(succeeded + refused).toBe(number);
  expect(succeeded).toBeGreaterThan(0);
  const log = (await server.log()).slice(before.logged);
  expect(log.match(/ warning .*backup refused: .* is locked by backup_database, run /g) ?? []).toHaveLength(
    refused,
  );
  const made = Object.keys((await server.audit()).files).filter(
    (file) => file.endsWith(".sql.gz") && server.older[file] === undefined,
  );
  expect(made).toHaveLength(succeeded);
  await backupsAreIntact(server);
  await liveDatabaseIsOneOf(server, [before.live]);
  await nothingIsLeft(server, before);
  await server.reset();
  tally(`${number} backups at once: one works, the others are refused`, 1, [
    "names",
    "older",
    "live",
    "left",
  ]);
});

const meetings = [
  {
    fault: "a backup during a restore is refused, and the restore succeeds",
    first: () => server.command("restore_database", `--yes ${server.archives[0]}`),
    reached: "restore started",
    ended: "restore finished",
    second: () => server.command("backup_database"),
  },
  {
    fault: "a restore during a backup is refused, and the backup succeeds",
    first: () => server.command("backup_database"),
    reached: "backup started",
    ended: "backup finished",
    second: () => server.command("restore_database", `--yes ${server.archives[0]}`),
  },
];

const missed = 99;

/**
 * Starts the second run while the first one works, and stops the first one meanwhile. Prints the exit code of the second
 * one. Exits with that of the first one, or with `missed` if it had already ended.
 */
async function meet(first: string, second: string, reached: string, ended: string): Promise<CommandResult> {
  const logged = `tail -c +${Buffer.byteLength(await server.log()) + 1} ${server.settings.paths.log}`;
  return server.sandbox.run(
    `${first} >/dev/null & pid=$!
    until ${logged} | grep -q '${reached}'; do kill -0 $pid 2>/dev/null || exit ${missed}; done
    kill -STOP $pid 2>/dev/null || exit ${missed}
    if ${logged} | grep -q '${ended}'; then kill -CONT $pid; wait $pid; exit ${missed}; fi
    ${second} >/dev/null; echo $?; kill -CONT $pid; wait $pid`,
  );
}

test.each(chosen("meetings", meetings, 1))("$fault", async ({ fault, first, reached, ended, second }) => {
  for (let occasion = 0; occasion < times(5, 1); occasion += 1) {
    let before = await lookBefore(server);
    let met = await meet(first(), second(), reached, ended);
    for (let attempt = 1; met.code === missed && attempt < 10; attempt += 1) {
      await server.reset();
      before = await lookBefore(server);
      met = await meet(first(), second(), reached, ended);
    }
    expect(met.stdout.trim()).toBe(String(locked));
    expect(met.code, met.stderr).toBe(0);
    expect((await server.log()).slice(before.logged)).toMatch(/ refused: .* is locked by /);
    await backupsAreIntact(server);
    await liveDatabaseIsOneOf(server, [before.live]);
    await nothingIsLeft(server, before);
    await server.reset();
    tally(fault, 1, ["exit", "log", "names", "older", "live", "left"]);
  }
});
