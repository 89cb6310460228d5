import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { say } from "../../../infra/local-machine/steps.ts";
import { median } from "../../../scripts/lib/base/median.ts";
import type { ContestResult, Goal } from "../contest.ts";
import { type Phases, type Profile, profileOf } from "./phases.ts";
import { type Program, printedBy } from "./program.ts";
import { spansOf } from "./trace.ts";

const notes: Readonly<Record<keyof Phases, [string, string]>> = {
  cli: [
    "CLI",
    "Starting, reading the state, deciphering, planning, printing: all that is none of the others.",
  ],
  languageHost: ["language host", "Starting it, and asking it about the project."],
  pluginStart: [
    "plugin start",
    "Two starts: one for the refresh, and one by which the engine checks the provider's configuration.",
  ],
  handshake: ["SSH handshake", "From the start of ssh to the first word of the server's shell."],
  commands: ["commands", "The rest of the refresh: looking at the server, and comparing."],
  programStart: ["program start", "From the start of Node to the program's first question to the engine."],
  program: ["program", "Declaring everything, and checking it; without the plugin's start."],
};
const names = Object.keys(notes) as (keyof Phases)[];

/** Where the time of a preview without changes goes, by the CLI's own traces. Phases stand where tools do elsewhere. */
export async function previewProfile(
  { stack }: Program,
  directory: string,
  roundTrip: number,
  rounds: number,
): Promise<ContestResult> {
  const profiles: Profile[] = [];
  for (let round = 0; round <= rounds; round += 1) {
    const profile = await traced(stack, directory);
    say(`profile, ${round === 0 ? "not counted" : `${round} of ${rounds}`}`);
    if (round > 0) profiles.push(profile);
  }
  const whole = median(profiles.map(({ phases }) => total(phases))) ?? 0;
  const of = (value: (profile: Profile) => number) => median(profiles.map(value)) ?? 0;
  const samplesOf = (value: (phases: Phases) => number) =>
    profiles.map(({ phases }) => ({ seconds: value(phases) }));
  return {
    title: `Where the time of a drift check goes, ${roundTrip} ms round trip`,
    work: "A preview without changes of one server. Tracing takes some time itself.",
    contestants: [
      { name: "whole preview", note: "All of the below.", samples: samplesOf(total) },
      ...names.map((phase) => ({
        name: notes[phase][0],
        note: notes[phase][1],
        samples: samplesOf((phases) => phases[phase]),
      })),
    ],
    goals: [
      share(
        "one start of the plugin",
        of(({ onePluginStart }) => onePluginStart),
        0.15,
        whole,
      ),
      share(
        "program start",
        of(({ phases }) => phases.programStart),
        0.7,
        whole,
      ),
    ],
  };
}

const total = (phases: Phases): number => names.reduce((sum, phase) => sum + phases[phase], 0);

async function traced({ pulumi, environment }: Program["stack"], directory: string): Promise<Profile> {
  const [traces, handshakes] = [join(directory, "traces.json"), join(directory, "handshakes")];
  for (const path of [traces, handshakes]) rmSync(path, { force: true });
  printedBy(
    await pulumi(["preview", "--expect-no-changes", "--otel-traces", `file://${traces}`], {
      NODE_OPTIONS: `${environment.NODE_OPTIONS ?? ""} --import=${join(import.meta.dirname, "ssh-recorder.ts")}`,
      HANDSHAKES: handshakes,
    }),
  );
  return profileOf(spansOf(readFileSync(traces, "utf8")), Number(readFileSync(handshakes, "utf8").trim()));
}

function share(what: string, seconds: number, limit: number, whole: number): Goal {
  const milliseconds = Math.round(seconds * 1000);
  return {
    what,
    wanted: `< ${limit * 1000} ms`,
    found: `${milliseconds} ms, ${Math.round((seconds / whole) * 100)} % of the preview`,
    met: seconds < limit,
  };
}
