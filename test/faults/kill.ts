import { expect } from "vitest";
import { quote } from "../../scripts/contract/quoting.ts";
import { full, randomFor, times } from "./extent.ts";
import { type FaultProgram, type FaultServer, succeed } from "./fault-server.ts";
import {
  type Before,
  logSaysWhy,
  lookBefore,
  noteVolumes,
  nothingIsLeft,
  statusSaysWhy,
} from "./invariants.ts";
import type { PromiseKept } from "./results.ts";
import { backupsAreIntact } from "./survival.ts";
import { tally } from "./tally.ts";

const killed = 137;

/** The file on the server with the output of the killed run. */
const outputFile = "/opt/test/output";

/**
 * Shell commands that start the run in the background (`$pid`) and wait until the log has the text, or the run has
 * ended. Without a text they do not wait.
 */
const started = (server: FaultServer, command: string, since: string | undefined): string => {
  const run = `${command} </dev/null >${outputFile} 2>&1 & pid=$!`;
  if (since === undefined) return run;
  const { log } = server.settings.paths;
  return `from=$(wc -c <${log}); ${run}
    until tail -c +$((from + 1)) ${log} | grep -qF ${quote(since)}; do kill -0 $pid 2>/dev/null || break; sleep 0.01; done`;
};

/** The milliseconds of an undisturbed run. @param since they count from this text of the log on */
export async function durationOf(
  server: FaultServer,
  program: FaultProgram,
  words: () => string,
  since?: string,
): Promise<number> {
  const durations: number[] = [];
  for (let run = 0; run < times(3, 1); run += 1) {
    const command = server.command(program, words());
    const timed = `${since === undefined ? "begun=$(date +%s%N)" : ":"}; ${started(server, command, since)}
      begun=\${begun:-$(date +%s%N)}; wait $pid && echo $((($(date +%s%N) - begun) / 1000000))`;
    durations.push(Number(await succeed(server.sandbox, timed)));
    await server.reset();
  }
  return Math.min(...durations);
}

/** The state after a killed run. */
export interface Killed {
  server: FaultServer;
  before: Before;
  /** The output of the run. */
  output: string;
  /** The number of runs killed before. */
  occasion: number;
}

export interface Killing {
  fault: string;
  /** The number of kills in a full run and in a sample. */
  often: readonly [number, number];
  program: FaultProgram;
  /** The status check's text about it; null if it does not watch this. */
  statusSays: RegExp | null;
  /** The phases, in the words of `phaseOf`. A full run must kill the run in each of them. */
  reaches: readonly RegExp[];
  /** The command line, called for each run. */
  words: () => string;
  /** The instants count from this text of the log on; by default from the start. */
  since?: string;
  /** Checks the live database, also after a run that ended before the kill. */
  live: (killed: Killed) => Promise<void>;
  /** The run after the killed one. */
  next: (server: FaultServer, occasion: number) => Promise<void>;
}

/** Kills a program at random instants of its run, and checks all promises each time. */
export async function killAtRandom(server: FaultServer, killing: Killing): Promise<void> {
  const random = randomFor(killing.fault);
  let duration = await durationOf(server, killing.program, killing.words, killing.since);
  const wanted = times(...killing.often);
  let hits = 0;
  const phases = new Map<string, number>();
  const firstTenth = random.below(10);
  for (let attempt = 0; hits < wanted; attempt += 1) {
    if (attempt > wanted * 3 + 10) throw new Error(`${killing.fault}: the runs end before they are killed`);
    // Each tenth of the run's duration is used in turn. The instant in it is random.
    const tenth = (firstTenth + 3 * hits) % 10;
    const instant = ((tenth + random.next()) / 10) * duration;
    const phase = await killedAt(server, killing, instant / 1000, hits);
    if (phase === null) {
      // It had already ended: the machine is faster than during the measurement.
      duration = (duration + instant) / 2;
      continue;
    }
    hits += 1;
    phases.set(phase, (phases.get(phase) ?? 0) + 1);
  }
  const spread = [...phases].map(([phase, count]) => `${count} × ${phase}`).join("\n  ");
  console.log(`${killing.fault}, by what the run had come to:\n  ${spread}`);
  for (const phase of full ? killing.reaches : []) expect(spread).toMatch(phase);
}

/** The phase of a run, by its last line in the log and its files. */
async function phaseOf(server: FaultServer, logged: string): Promise<string> {
  const { files } = await server.audit();
  const made = Object.keys(files).filter((file) => server.older[file] === undefined);
  const databases = (await server.databases()).filter((name) => name !== server.sandbox.database);
  const last = logged
    .trim()
    .split("\n")
    .at(-1)
    ?.split(/[a-z_]+: /)
    .at(-1)
    ?.split(" ")
    .slice(0, 3)
    .join(" ");
  const words = [last || "not begun", ...[...made, ...databases].sort()].join(", ");
  return words.replaceAll(/\d{8}[T_]\d{6}(-[0-9a-f]{6})?/g, "…").replaceAll(/\d+ k?B/g, "…");
}

/** @returns the phase of the run, or null if it had ended */
async function killedAt(
  server: FaultServer,
  killing: Killing,
  instant: number,
  occasion: number,
): Promise<string | null> {
  const before = await lookBefore(server);
  const command = server.command(killing.program, killing.words());
  const { code } = await server.sandbox.run(
    `${started(server, command, killing.since)}; sleep ${instant.toFixed(3)}; kill -9 $pid; wait $pid`,
  );
  const run = { server, before, occasion, output: await server.sandbox.readFile(outputFile) };
  if (code === 0) {
    await killing.live(run);
    await server.reset();
    return null;
  }
  expect(code).toBe(killed);
  await noteVolumes(server, before);
  const logged = (await server.log()).slice(before.logged);
  const runId = / (\d{8}T\d{6}-[0-9a-f]{6}) /.exec(logged)?.[1];
  const container = before.volumes.size > 0 ? ", in a throw-away container" : "";
  const phase = `${await phaseOf(server, logged)}${container}`;
  const kept: PromiseKept[] = ["exit", "names", "older", "live", "left"];
  const where = `killed after ${instant.toFixed(3)} s; the log:\n${logged}`;
  try {
    await backupsAreIntact(server);
    // A run that had finished everything it logged has nothing to report. Before its first line it had done nothing.
    const begun = [...logged.matchAll(/: (backup|restore|rehearsal) started/g)].length;
    const ended = [...logged.matchAll(/: (backup|restore|rehearsal) finished/g)].length;
    if (begun > ended && killing.statusSays !== null) {
      await statusSaysWhy(server, killing.statusSays);
      kept.push("status");
    }
    await killing.live(run);
    await killing.next(server, occasion);
    if (runId !== undefined && begun > ended) {
      await logSaysWhy(server, before, new RegExp(`: .*${runId}`));
      kept.push("log");
    }
    await nothingIsLeft(server, before);
    await backupsAreIntact(server);
  } catch (error) {
    throw new Error(where, { cause: error });
  }
  await server.reset();
  tally(killing.fault, 1, kept);
  return phase;
}
