import { spawn } from "node:child_process";
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { execute, isInstalled } from "../../../infra/local-machine/command.ts";
import { installPackages, mayInstallPackages } from "../../../infra/local-machine/debian.ts";
import { cacheDirectory } from "../../../infra/local-machine/places.ts";
import { step } from "../../../infra/local-machine/steps.ts";
import { unmarked } from "../../running.ts";
import { mountDockerDisk, unmountDockerDisk } from "./docker-disk.ts";

const startSeconds = 60;
const stopSeconds = 30;
const pidFile = join(cacheDirectory, "dockerd.pid");
const logFile = join(cacheDirectory, "logs", "dockerd.log");

/** Makes sure that `docker` works: as it is, or (on Debian, as root) installed and with a daemon of our own. */
export async function ensureDocker(): Promise<void> {
  if (await dockerWorks()) return;
  if (!mayInstallPackages()) {
    throw new Error(
      "Docker does not work here: `docker version` fails. Start Docker (or let your user reach it), or run this as root on Debian or Ubuntu, where it is installed for you.",
    );
  }
  if (!(await isInstalled("dockerd")) || !(await isInstalled("docker")))
    await installPackages("docker.io", "iptables");
  if (await dockerWorks()) return;
  await step("Starting dockerd", "dockerd-start", startDaemon);
}

/** Stops the dockerd that {@link ensureDocker} started, if any; says whether there was one. */
export async function stopDaemon(): Promise<boolean> {
  if (!existsSync(pidFile)) return false;
  const pid = Number(readFileSync(pidFile, "utf8"));
  rmSync(pidFile, { force: true });
  if (!isDockerd(pid)) return false;
  process.kill(pid, "SIGTERM");
  for (let waited = 0; waited < stopSeconds * 10 && isDockerd(pid); waited++) await setTimeout(100);
  if (isDockerd(pid)) process.kill(pid, "SIGKILL");
  await unmountDockerDisk();
  return true;
}

async function startDaemon(): Promise<void> {
  mkdirSync(join(logFile, ".."), { recursive: true });
  const disk = await mountDockerDisk();
  const log = openSync(logFile, "w");
  // It outlives the run that starts it, and is no process of it.
  const daemon = spawn("dockerd", disk === null ? [] : ["--data-root", disk], {
    detached: true,
    env: unmarked(process.env),
    stdio: ["ignore", log, log],
  });
  closeSync(log);
  let failure: Error | null = null;
  daemon.on("error", (error) => {
    failure = error;
  });
  daemon.unref();
  if (daemon.pid !== undefined) writeFileSync(pidFile, String(daemon.pid));
  for (let waited = 0; waited < startSeconds * 4; waited++) {
    if (failure) throw failure;
    if (daemon.exitCode !== null) break;
    if (await dockerWorks()) return;
    await setTimeout(250);
  }
  await stopDaemon();
  const log20 = readFileSync(logFile, "utf8").trim().split("\n").slice(-20).join("\n");
  throw new Error(`dockerd did not come up; the end of ${logFile}:\n${log20}`);
}

/** Whether there is a daemon that answers. */
export async function dockerWorks(): Promise<boolean> {
  if (!(await isInstalled("docker"))) return false;
  const asked = await execute(["docker", "version", "--format", "{{.Server.Version}}"], { timeout: 20_000 });
  return asked.code === 0 && asked.stdout.trim() !== "";
}

/** The pid file may be older than the machine's last start: only a dockerd is ever stopped. */
function isDockerd(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/comm`, "utf8").trim() === "dockerd";
  } catch {
    return false;
  }
}
