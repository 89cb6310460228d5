import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, mkdirSync, openSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, test } from "vitest";
import { execute, succeed as succeedHere } from "../../../infra/local-machine/command.ts";
import { docker } from "../../sandbox/docker.ts";
import { randomFor, times } from "../extent.ts";
import { type FaultServer, startFaultServer, succeed } from "../fault-server.ts";
import { inPlaceHolds, proveAll, putLauncher, wordsInPlace } from "../in-place.ts";
import { bulk, interrupt, lasting, type Middle, middles, middlesInPlace, severed } from "../middle.ts";
import { type Fault, survive } from "../survival.ts";

/** Docker's daemon is restarted during a run. It is this test's own, and the server's docker uses its socket. */

let server: FaultServer;
let contents: readonly [string, string];
let daemon: ChildProcess;
/** Beside the data directory, where the server sees it at the same path. */
let place: string;

const socket = () => join(place, "docker.sock");
const ownDocker = (argv: readonly string[], input?: string) =>
  succeedHere(["docker", "--host", `unix://${socket()}`, ...argv], input === undefined ? {} : { input });

/** The number of looks whether something has started, a fifth of a second apart. */
const looks = 600;

async function startDaemon(): Promise<void> {
  // A killed daemon's containerd dies too, and still seems to run if nothing reaps it.
  rmSync(join(place, "exec", "containerd", "containerd.pid"), { force: true });
  const log = openSync(join(place, "log"), "a");
  const directories = ["--data-root", join(place, "root"), "--exec-root", join(place, "exec")];
  const argv = [...directories, "--pidfile", join(place, "pid"), "--host", `unix://${socket()}`];
  const network = ["--bridge", "none", "--iptables=false", "--ip6tables=false"];
  // In its own network namespace: dockerd without a bridge would remove the bridge of the machine's daemon.
  const alone = ["--net", "dockerd", ...argv, ...network];
  daemon = spawn("unshare", alone, { stdio: ["ignore", log, log] });
  closeSync(log);
  for (let look = 0; look < looks; look += 1) {
    const asked = await execute(["docker", "--host", `unix://${socket()}`, "version"]);
    if (asked.code === 0) return;
    if (daemon.exitCode !== null) throw new Error(`dockerd does not start; see ${join(place, "log")}`);
    await sleep(200);
  }
  throw new Error(`dockerd does not answer; see ${join(place, "log")}`);
}

async function endDaemon(signal: "SIGTERM" | "SIGKILL"): Promise<void> {
  const ended = once(daemon, "exit");
  daemon.kill(signal);
  await ended;
}

async function answers(): Promise<void> {
  const { container, databaseUser } = server.sandbox;
  const ready = `docker exec ${container} pg_isready -q -U ${databaseUser} -d template1`;
  await succeed(
    server.sandbox,
    `for look in $(seq ${looks}); do ${ready} 2>/dev/null && exit; sleep 0.2; done; exit 1`,
  );
}

beforeAll(async () => {
  server = await startFaultServer({ database: "empty", states: [bulk], settings: lasting });
  const { sandbox } = server;
  place = join(dirname(sandbox.dataDirectory), "docker");
  mkdirSync(place);
  const format = "{{.Config.Image}} {{range .Mounts}}{{.Destination}}{{end}}";
  const [image = "", mount] = (await docker(["inspect", "--format", format, sandbox.container])).split(" ");
  await sandbox.stopDatabase();
  await sandbox.removeDatabase();
  await startDaemon();
  await succeedHere(["sh", "-c", `docker save ${image} | docker --host unix://${socket()} load`]);
  const named = ["--name", sandbox.container, "--network", "none", "--restart", "unless-stopped"];
  await ownDocker(["run", "--detach", ...named, "--volume", `${sandbox.dataDirectory}:${mount}`, image]);
  const wrapper = `#!/bin/sh\nexec /usr/bin/docker --host unix://${socket()} "$@"\n`;
  await sandbox.writeFile("/usr/local/bin/docker", wrapper, "0755");
  const psql = ["psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-U", sandbox.databaseUser, "-d"];
  sandbox.psql = (sql, database = sandbox.database) =>
    ownDocker(["exec", "-i", sandbox.container, ...psql, database], sql);
  server.docker = (argv) => execute(["docker", "--host", `unix://${socket()}`, ...argv]);
  await answers();
  await putLauncher(server);
  const first = await server.content();
  await sandbox.psql("update bulk set text = 'changed since' where n % 100 = 0");
  contents = [first, await server.content()];
});
afterAll(async () => {
  if (server === undefined) return;
  try {
    if (daemon.exitCode !== null || daemon.signalCode !== null) await startDaemon();
    await ownDocker(["rm", "--force", server.sandbox.container]);
    await endDaemon("SIGTERM");
    rmSync(place, { recursive: true, force: true });
  } finally {
    await server.remove();
  }
});

const ends = [
  { how: "restarted", signal: "SIGTERM" },
  { how: "killed and started again", signal: "SIGKILL" },
] as const;
const casesOf = (of: readonly Middle[]) =>
  of.flatMap((middle) => ends.map((end) => ({ ...end, middle, what: middle.what })));

test.each(casesOf(middles))("Docker's daemon $how in the middle of $what", (ended) => endedIn(ended, 3));

describe("in place", () => {
  beforeAll(() => proveAll(server));

  test.each(casesOf(middlesInPlace))("Docker's daemon $how in the middle of $what", (ended) =>
    endedIn(ended, 2, async (before, { stdout, stderr }) => {
      const words = wordsInPlace(server.archives[0]);
      const output = stdout + stderr;
      await inPlaceHolds(server, {
        before,
        former: contents,
        outcomes: contents,
        output,
        way: "the printed commands",
        words,
      });
    }),
  );
});

async function endedIn(
  { how, signal, middle }: ReturnType<typeof casesOf>[number],
  often: number,
  live?: Fault["live"],
): Promise<void> {
  const fault = `Docker's daemon ${how} in the middle of ${middle.what}`;
  const random = randomFor(fault);
  const mend = async () => {
    await startDaemon();
    // After the kill of a daemon even a container with restart=always is not started.
    await ownDocker(["start", server.sandbox.container]);
    await answers();
  };
  for (let occasion = 0; occasion < times(often, 1); occasion += 1) {
    await survive(server, {
      fault,
      happen: () => interrupt(server, middle, { act: () => endDaemon(signal), undo: mend, random }),
      says: severed,
      mend,
      mendFirst: true,
      mayBecome: contents,
      ...(live === undefined ? {} : { live }),
    });
  }
}
