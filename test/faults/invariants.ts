import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "vitest";
import type { CommandResult } from "../../infra/local-machine/command.ts";
import { quote } from "../../scripts/contract/quoting.ts";
import { tryDocker } from "../sandbox/docker.ts";
import { namesIn } from "../server/programs.ts";
import type { Audit } from "./audit.ts";
import type { FaultServer } from "./fault-server.ts";

/** The promises under every fault, one function each. Each throws the failed assertion. */

/** The state before a fault. */
export interface Before {
  /** The length of the log in characters. */
  logged: number;
  /** The live database's content. */
  live: string;
  temporary: string;
  /** The volumes of throw-away containers that were seen. */
  volumes: Set<string>;
}

export async function lookBefore(server: FaultServer): Promise<Before> {
  return {
    logged: (await server.log()).length,
    live: await server.content(),
    temporary: await server.temporary(),
    volumes: new Set(),
  };
}

const lines = (text: string): string[] => text.split("\n").filter((line) => line !== "");

async function throwAwayContainers({ docker, name }: FaultServer): Promise<string[]> {
  const ours = `label=database-backups.rehearsal=${name}`;
  return listed(await docker(["ps", "--all", "--filter", ours, "--format", "{{.Names}}"]));
}

/** The output lines of a docker command, which must succeed. */
function listed({ code, stdout, stderr }: CommandResult): string[] {
  expect(code, stderr).toBe(0);
  return lines(stdout);
}

/** Records the volumes of throw-away containers while these exist, because the names of volumes tell nothing. */
export async function noteVolumes(server: FaultServer, before: Before): Promise<void> {
  for (const container of await throwAwayContainers(server)) {
    const format = "{{range .Mounts}}{{.Name}}\n{{end}}";
    const { stdout } = await server.docker(["container", "inspect", "--format", format, container]);
    for (const volume of lines(stdout)) before.volumes.add(volume);
  }
}

async function volumesLeft({ docker }: FaultServer, { volumes }: Before): Promise<string[]> {
  const there = new Set(listed(await docker(["volume", "ls", "--format", "{{.Name}}"])));
  return [...volumes].filter((volume) => there.has(volume));
}

export function exitCodeIsNotZero(result: CommandResult, code?: number): void {
  expect(result.code, result.stdout).not.toBe(0);
  if (code !== undefined) expect(result.code, result.stderr).toBe(code);
}

export async function logSaysWhy(server: FaultServer, before: Before, says: RegExp): Promise<void> {
  const problems = (await server.log())
    .slice(before.logged)
    .split("\n")
    .filter((line) => / (warning|error) /.test(line));
  expect(problems.join("\n")).toMatch(says);
}

/** The status check is not healthy, and its findings include the reason. */
export async function statusSaysWhy(server: FaultServer, says: RegExp): Promise<void> {
  const { code, stdout, stderr } = await server.run("check_database_status", "--json");
  expect(code, stderr).not.toBe(0);
  expect(stdout).toMatch(says);
}

/** Reads everything, without the product's code. */
export function finalNamesAreGoodBackups({ bad }: Audit): void {
  expect(bad).toEqual([]);
}

export function olderBackupsAreUntouched({ files }: Audit, { older }: FaultServer): void {
  expect(files).toMatchObject(older);
}

/** @param allowed the former content, and the new one if the swap may have been reached */
export async function liveDatabaseIsOneOf(server: FaultServer, allowed: readonly string[]): Promise<string> {
  const found = await server.content();
  expect(allowed).toContain(found);
  return found;
}

const leftInServer = `
select 'session ' || application_name || ': ' || query from pg_stat_activity where application_name like 'database-backups/%'
union all select 'prepared transaction ' || gid from pg_prepared_xacts
union all select 'database ' || datname from pg_database
  where datname ~ '_(restoring|rehearsal)_[0-9]{8}T[0-9]{6}-' or datconnlimit = -2`;

/** The time that ended processes may need to leave the tables of the server and the kernel. */
const patience = { looks: 40, pauseMilliseconds: 250 };

/** Our programs and their children, on the server and in the database's container. */
async function processesOf({ docker, sandbox }: FaultServer): Promise<string[]> {
  const tops = await Promise.all([
    tryDocker(["top", sandbox.serverContainer, "-o", "pid,args"]),
    docker(["top", sandbox.container, "-o", "pid,args"]),
  ]);
  return tops
    .flatMap(({ stdout }) => stdout.split("\n"))
    .filter((line) => /\/opt\/test\/\w+\.cjs|docker exec|(psql|pg_dump|pg_dumpall|gzip|zstd) /.test(line));
}

/** The leftovers, in words. */
async function leftovers(server: FaultServer, before: Before): Promise<string[]> {
  const { sandbox, directory } = server;
  const locked = await sandbox.run(
    `for lock in ${server.settings.paths.locks}/*; do [ ! -e "$lock" ] || flock -n "$lock" true || echo "lock $lock"; done`,
  );
  const processes = await processesOf(server);
  const { stray } = await server.audit();
  const hidden = namesIn((await sandbox.run(`ls -A ${quote(directory)}`)).stdout).filter((file) =>
    file.startsWith("."),
  );
  const temporary = await server.temporary();
  return [
    ...lines(await sandbox.psql(leftInServer, "template1")),
    ...lines(locked.stdout),
    ...processes,
    ...stray,
    ...hidden,
    ...(temporary === before.temporary ? [] : [`temporary files: ${temporary}`]),
    ...(await throwAwayContainers(server)),
    ...(await volumesLeft(server, before)),
  ];
}

export async function nothingIsLeft(server: FaultServer, before: Before): Promise<void> {
  for (let look = 1; look < patience.looks; look += 1) {
    if ((await leftovers(server, before)).length === 0) return;
    await sleep(patience.pauseMilliseconds);
  }
  expect(await leftovers(server, before)).toEqual([]);
}
