import { writeFileSync } from "node:fs";
import { cpus, loadavg, totalmem } from "node:os";
import { parseArgs } from "node:util";
import { docker } from "../sandbox/docker.ts";
import { usualVersion } from "../sandbox/postgres-version.ts";
import { ensureImages } from "../sandbox/set-up/set-up.ts";
import { type Figure, figuresTable, summaryOf } from "./figures.ts";
import { interruption } from "./interruption.ts";

const benchmarks: Readonly<Record<string, () => Promise<Figure[]>>> = { interruption };

const help = `Usage: npm run benchmark [-- [OPTION…] [NAME…]]

Measures on a sandbox server, and prints a table: ${Object.keys(benchmarks).join(", ")}; all of them unless named.

Options:
  --json FILE   also write every value, and the machine's facts, as JSON
  --help        print this help
`;

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { json: { type: "string" }, help: { type: "boolean", default: false } },
  });
  if (values.help) return console.log(help);
  const names = positionals.length === 0 ? Object.keys(benchmarks) : positionals;
  const unknown = names.find((name) => benchmarks[name] === undefined);
  if (unknown !== undefined) throw new Error(`“${unknown}” is not a benchmark\n\n${help}`);
  await ensureImages();
  const machine = {
    processors: cpus().length,
    processor: cpus()[0]?.model.trim() ?? "unknown",
    memoryBytes: totalmem(),
    // What else the machine did: figures of a busy one say little.
    loadBefore: loadavg()[0] ?? null,
    postgres: usualVersion(),
    docker: await docker(["version", "--format", "{{.Server.Version}}"]),
    node: process.version,
  };
  const results: Record<string, object> = {};
  for (const name of names) {
    const figures = (await benchmarks[name]?.()) ?? [];
    console.log(`\n${figuresTable(figures)}`);
    results[name] = figures.map((figure) => ({ ...figure, ...summaryOf(figure) }));
  }
  if (values.json === undefined) return;
  const report = { version: 1, date: new Date().toISOString(), machine, benchmarks: results };
  writeFileSync(values.json, `${JSON.stringify(report, null, 2)}\n`);
}

try {
  await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
