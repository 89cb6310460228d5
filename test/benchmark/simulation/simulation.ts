import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Recording } from "./recording.ts";

/** Where a simulated server listens on this machine, and the host key (`ssh-ed25519 BASE64`) that it shows. */
export interface SimulatedServer {
  port: number;
  hostKey: string;
}

/** A process that stands for servers. */
export interface Simulation {
  /** In the order of their recordings. */
  servers: SimulatedServer[];
  /** What the process took of the processors so far. */
  cpuSeconds(): number;
  /** @throws Error when it has ended before, which it does at a request that it has no answer for */
  end(): Promise<void>;
}

/** Of /proc/PID/stat, a hundredth of a second. */
const tick = 0.01;

/** Starts a server for each recording. */
export async function startSimulation(recordings: readonly Recording[]): Promise<Simulation> {
  const directory = mkdtempSync(join(tmpdir(), "database-backups-simulation-"));
  const path = join(directory, "recordings.json");
  writeFileSync(path, JSON.stringify(recordings));
  const program = join(import.meta.dirname, "simulation-process.ts");
  const child = spawn(process.execPath, [program, path], { stdio: ["pipe", "pipe", "inherit"] });
  const ended = once(child, "exit");
  const [first] = await Promise.race([once(createInterface(child.stdout), "line"), ended]);
  rmSync(directory, { recursive: true });
  if (typeof first !== "string") throw new Error(`the simulated servers ended with exit code ${first}`);
  return {
    servers: JSON.parse(first),
    cpuSeconds: () => cpuSecondsIn(readFileSync(`/proc/${child.pid}/stat`, "utf8")),
    end: async () => {
      child.stdin.end();
      const [code] = await ended;
      if (code !== 0) throw new Error(`the simulated servers ended with exit code ${code}`);
    },
  };
}

/** User and system time in the text of /proc/PID/stat; the program's name in it may have blanks and brackets. */
export function cpuSecondsIn(stat: string): number {
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) * tick;
}
