import { shellWord } from "../../../scripts/contract/quoting.ts";
import { tryDocker } from "../../sandbox/docker.ts";
import type { SandboxServer } from "../../sandbox/sandbox-server.ts";
import type { Sample } from "../contest.ts";

export const measureScript = "/opt/benchmark/measure.sh";

/**
 * Runs the shell command `$1` and prints its nanoseconds and the kilobytes that the largest of its processes had in
 * memory, then what it printed itself.
 */
export const measureScriptText = `\
set -e
cd /tmp
begun=$(date +%s%N)
/usr/bin/time --quiet --format=%M --output=measured.memory bash -o pipefail -c "$1" </dev/null >measured.output
ended=$(date +%s%N)
echo "$((ended - begun)) $(tail -n 1 measured.memory)"
cat measured.output
`;

export interface Measurement {
  sample: Sample;
  /** The output of the command. */
  output: string;
}

/**
 * Runs a shell command on the server and measures it there, so that reaching the server costs nothing. Processor time
 * is that of the server's and the database's containers; what Docker's daemon does is not in it.
 * @throws Error with the command's words when it fails
 */
export async function measure(sandbox: SandboxServer, command: string): Promise<Measurement> {
  const containers = [sandbox.serverContainer, sandbox.container];
  const usedBefore = await cpuSecondsOf(containers);
  const { code, stdout, stderr } = await sandbox.run(`sh ${measureScript} ${shellWord(command)}`);
  const used = await cpuSecondsOf(containers);
  if (code !== 0) throw new Error(`${command} exited ${code}: ${stderr}`);
  const { nanoseconds, kilobytes, output } = parseMeasured(stdout);
  const sample = {
    seconds: nanoseconds / 1e9,
    cpuSeconds: used - usedBefore,
    peakBytes: kilobytes * 1024,
  };
  return { sample, output };
}

/** Parses the output of the measuring script. @throws Error if it is not one */
export function parseMeasured(text: string): { nanoseconds: number; kilobytes: number; output: string } {
  const found = /^(\d+) (\d+)\n(.*)$/s.exec(text);
  if (found === null) throw new Error(`nothing was measured: ${text.slice(0, 200)}`);
  const [, nanoseconds = "", kilobytes = "", output = ""] = found;
  return { nanoseconds: Number(nanoseconds), kilobytes: Number(kilobytes), output };
}

/** Processor seconds since the containers were started. */
async function cpuSecondsOf(containers: readonly string[]): Promise<number> {
  const read = "cat /sys/fs/cgroup/cpuacct/cpuacct.usage 2>/dev/null || cat /sys/fs/cgroup/cpu.stat";
  const texts = await Promise.all(
    containers.map((container) => tryDocker(["exec", container, "sh", "-c", read])),
  );
  return texts.reduce((sum, { stdout }) => sum + parseCpuUsage(stdout), 0);
}

/** The seconds in a control group's statistics: nanoseconds in version 1, microseconds and more in version 2. */
export function parseCpuUsage(text: string): number {
  const microseconds = /^usage_usec (\d+)$/m.exec(text)?.[1];
  if (microseconds !== undefined) return Number(microseconds) / 1e6;
  if (/^\d+\s*$/.test(text)) return Number(text) / 1e9;
  throw new Error(`not the statistics of a control group: ${text.slice(0, 200)}`);
}
