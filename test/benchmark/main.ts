import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { repository } from "../../infra/local-machine/places.ts";
import { messageOf } from "../../scripts/contract/error-text.ts";
import { ensureImages } from "../sandbox/set-up/set-up.ts";
import type { ContestResult } from "./contest.ts";
import { database } from "./database/database.ts";
import { contestText } from "./figures.ts";
import { interruption } from "./interruption.ts";
import { checkoutState, machineFacts } from "./machine.ts";
import { performancePage } from "./page.ts";
import { fleet } from "./provisioning/fleet.ts";
import { provisioning, provisioningNearby } from "./provisioning/provisioning.ts";
import { Report } from "./report.ts";

interface Extent {
  /** How often each contestant is measured. */
  rounds: number;
}

const benchmarks: Readonly<Record<string, (extent: Extent) => Promise<ContestResult[]>>> = {
  "8MB": ({ rounds }) => database("8MB", rounds),
  "700MB": ({ rounds }) => database("700MB", rounds),
  "5GB": ({ rounds }) => database("5GB", rounds),
  interruption,
  provisioning,
  "provisioning-nearby": provisioningNearby,
  fleet,
};
/** They take more than an hour. */
const large: readonly string[] = ["5GB"];

const page = "docs/PERFORMANCE.md";

const help = `Usage: npm run benchmark [-- [OPTION…] [NAME…]]
       npm run benchmark -- --page REPORT…

Measures on sandbox servers, and prints tables of ${Object.keys(benchmarks).join(", ")}: those named,
or all of them except ${large.join(", ")}.

Options:
  --json FILE   also write every value, and the machine's facts, as JSON
  --large       also ${large.join(", ")}, which takes more than an hour
  --rounds N    how often each contestant is measured, 5 unless given; fewer is a trial
  --page        write ${page} from reports of --json; where two have the same benchmark, the last counts
  --help        print this help
`;

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      json: { type: "string" },
      large: { type: "boolean", default: false },
      rounds: { type: "string", default: "5" },
      page: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return console.log(help);
  if (values.page) return writePage(positionals);
  const unknown = positionals.find((name) => benchmarks[name] === undefined);
  if (unknown !== undefined) throw new Error(`“${unknown}” is not a benchmark\n\n${help}`);
  const rounds = Number(values.rounds);
  if (!Number.isInteger(rounds) || rounds < 1) throw new Error(`--rounds is a number from 1\n\n${help}`);
  const usual = Object.keys(benchmarks).filter((name) => values.large || !large.includes(name));
  await measure(positionals.length === 0 ? usual : positionals, { rounds }, values.json);
}

/** The report is written after each benchmark, so that one that fails costs no other's figures. */
async function measure(names: readonly string[], extent: Extent, path: string | undefined): Promise<void> {
  await ensureImages();
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
  console.error(messageOf(error));
  process.exitCode = 1;
}
