import { readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { repository } from "../../infra/local-machine/places.ts";
import { messageOf } from "../../scripts/contract/error-text.ts";
import { beginRun, isEnding } from "../interruption.ts";
import { ensureImages } from "../sandbox/set-up/set-up.ts";
import { comparable, comparison } from "./comparison/comparison.ts";
import { comparisonText } from "./comparison/verdict.ts";
import type { ContestResult } from "./contest.ts";
import { database } from "./database/database.ts";
import { contestText } from "./figures.ts";
import { checkoutState, machineFacts } from "./machine.ts";
import { performancePage } from "./page.ts";
import { fleet } from "./provisioning/fleet.ts";
import { provisioning } from "./provisioning/provisioning.ts";
import { Report } from "./report.ts";

interface Extent {
  /** The number of measurements of each contestant. */
  rounds: number;
}

const benchmarks: Readonly<Record<string, (extent: Extent) => Promise<ContestResult[]>>> = {
  "8MB": ({ rounds }) => database("8MB", rounds),
  "700MB": ({ rounds }) => database("700MB", rounds),
  provisioning,
  fleet,
};

const page = "docs/PERFORMANCE.md";

const help = `Usage: npm run benchmark [-- [OPTION…] [NAME…]]
       npm run benchmark -- --against PATH [OPTION…] [NAME…]
       npm run benchmark -- --page REPORT…

Measures on sandbox servers, and prints tables of ${Object.keys(benchmarks).join(", ")}: those named, or all of them.

Options:
  --against PATH  compare this work tree with the one at PATH, which has its dependencies installed, in turn:
                  ${comparable.join(", ")}; names the figures that are worse outside the spread
  --pairs N       how often each is measured with --against, 10 unless given
  --json FILE     also write every value as JSON
  --rounds N      how often each contestant is measured without --against, 5 unless given; fewer is a trial
  --page          write ${page} from reports of --json; where two have the same benchmark, the last counts
  --help          print this help
`;

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      against: { type: "string" },
      pairs: { type: "string", default: "10" },
      json: { type: "string" },
      rounds: { type: "string", default: "5" },
      page: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return console.log(help);
  if (values.page) return writePage(positionals);
  const { against, json } = values;
  const known = against === undefined ? Object.keys(benchmarks) : comparable;
  const unknown = positionals.find((name) => !known.includes(name));
  if (unknown !== undefined) throw new Error(`“${unknown}” is not one of ${known.join(", ")}\n\n${help}`);
  const names = positionals.length === 0 ? known : positionals;
  const [rounds, pairs] = [numberOf("rounds", values.rounds), numberOf("pairs", values.pairs)];
  beginRun();
  await ensureImages();
  if (against === undefined) return measure(names, { rounds }, json);
  const compared = await comparison(fromCaller(against), names, pairs);
  if (json !== undefined) writeFileSync(json, `${JSON.stringify(compared, null, 2)}\n`);
  console.log(`\n${comparisonText(compared)}`);
}

function numberOf(option: string, text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new Error(`--${option} is a number from 1\n\n${help}`);
  return value;
}

/** npm changes to the project's directory. Paths are relative to the directory in which npm was called. */
const fromCaller = (path: string): string => resolve(process.env.INIT_CWD ?? process.cwd(), path);

/** The report is written after each benchmark, so that a failing one does not lose the others' figures. */
async function measure(names: readonly string[], extent: Extent, path: string | undefined): Promise<void> {
  const report: Report = {
    version: 2,
    date: new Date().toISOString(),
    commit: await checkoutState(),
    machine: await machineFacts(),
    benchmarks: {},
  };
  for (const name of names) {
    const results = (await benchmarks[name]?.(extent)) ?? [];
    console.log(`\n${results.map(contestText).join("\n\n")}`);
    report.benchmarks[name] = results;
    if (path !== undefined) writeFileSync(path, `${JSON.stringify(report, null, 2)}\n`);
  }
}

function writePage(paths: readonly string[]): void {
  if (paths.length === 0) throw new Error(`--page needs a report\n\n${help}`);
  const reports = paths.map((path) => Report.parse(JSON.parse(readFileSync(path, "utf8"))));
  writeFileSync(join(repository, page), performancePage(reports));
}

try {
  await main();
} catch (error) {
  // A run that is being ended reports nothing more.
  if (!isEnding()) {
    console.error(messageOf(error));
    process.exitCode = 1;
  }
}
