import { formatBytes, type painter } from "../../scripts/contract/shown.ts";
import { type ExitCode, exitCodes } from "./command-line.ts";
import type { PrunedStores } from "./prune-server.ts";

export interface PrunedServer {
  server: string;
  stores: PrunedStores;
}

/** What a run did. */
export interface PruneResult {
  stack: string;
  dryRun: boolean;
  servers: PrunedServer[];
  /** Stores that were asked with the servers' own keys, because no other was given. */
  withServersKeys: string[];
  interrupted: boolean;
}

type Paint = ReturnType<typeof painter>;
type Pruned = PrunedStores[number];
type Decision = Pruned["decisions"][number];

/** A copy that a person should look at: nothing of it is removed, and no restore takes it. */
const isStrange = ({ state }: Decision): boolean => state !== "whole";

const width = 80;

export function exitOf({ interrupted, servers }: PruneResult): ExitCode {
  if (interrupted) return exitCodes.interrupted;
  const stores = servers.flatMap((one) => one.stores);
  if (stores.some(({ error }) => error !== null)) return exitCodes.failed;
  return stores.some(({ decisions }) => decisions.some(isStrange)) ? exitCodes.strange : exitCodes.done;
}

/** The result for programs. */
export const jsonText = (result: PruneResult): string =>
  `${JSON.stringify({ version: 1, exitCode: exitOf(result), ...result }, null, 2)}\n`;

/** The result for people: the verdict, then each store with what goes, what stays and why. */
export function textReport(result: PruneResult, paint: Paint): string {
  const { dryRun, servers, withServersKeys } = result;
  const note =
    withServersKeys.length === 0
      ? []
      : [
          "",
          ...wrapped(
            `Asked with the servers' own keys: ${withServersKeys.join(", ")}. To remove, a run needs a key that may: see --help.`,
            "",
          ),
        ];
  return `${[
    ...wrapped(verdictOf(result), "").map((line) => paint("bold", line)),
    ...servers.flatMap(({ server, stores }) => [
      "",
      paint("bold", server),
      ...stores.flatMap((store) => storeLines(store, dryRun, paint)),
    ]),
    ...note,
  ].join("\n")}\n`;
}

const copies = (count: number): string => (count === 1 ? "1 copy" : `${count} copies`);

const sum = (decisions: readonly Decision[]): string =>
  formatBytes(decisions.reduce((bytes, one) => bytes + one.bytes, 0));

/** What went, or with a dry run would go, and what stays. */
function partsOf({ decisions, removed }: Pruned, dryRun: boolean): [gone: Decision[], left: Decision[]] {
  const goes = ({ decision, stem }: Decision) => (dryRun ? decision === "remove" : removed.includes(stem));
  return [decisions.filter(goes), decisions.filter((one) => !goes(one))];
}

function verdictOf({ dryRun, interrupted, servers, stack }: PruneResult): string {
  const stores = servers.flatMap((one) => one.stores);
  if (stores.length === 0) return `${stack}: no server has a store; there is nothing to prune`;
  const parts = stores.map((store) => partsOf(store, dryRun));
  const gone = parts.reduce((count, [some]) => count + some.length, 0);
  const left = parts.reduce((count, [, some]) => count + some.length, 0);
  const failed = stores.filter(({ error }) => error !== null).length;
  const verb = dryRun ? `${copies(gone)} would go` : `${copies(gone)} removed`;
  const ends = [
    failed === 0 ? "" : `; ${failed} of ${stores.length} stores failed`,
    interrupted ? "; interrupted" : "",
  ];
  return `${stack}: ${verb}, ${left} ${left === 1 ? "stays" : "stay"}${ends.join("")}`;
}

function storeLines(store: Pruned, dryRun: boolean, paint: Paint): string[] {
  const [gone, left] = partsOf(store, dryRun);
  const head = `${store.store}: ${copies(gone.length)} ${dryRun ? "would go" : "removed"} (${sum(gone)}), ${left.length} ${left.length === 1 ? "stays" : "stay"} (${sum(left)})`;
  const notes = left.filter(isStrange);
  return [
    ...(store.error === null
      ? wrapped(head, "  ")
      : wrapped(`${store.store}: failed: ${store.error}`, "  ").map((line) => paint("red", line))),
    ...gone.flatMap((one) => decisionLines(one, dryRun ? "goes" : "removed")),
    // All of them only where somebody asks why; what is wrong with a copy always.
    ...(dryRun ? left : notes).flatMap((one) => decisionLines(one, "stays")),
  ];
}

const decisionLines = ({ bytes, reason, stem }: Decision, what: string): string[] => [
  `    ${what.padEnd(7)}  ${stem}  ${formatBytes(bytes)}`,
  ...wrapped(reason, "             "),
];

/** Lines of at most 80 columns; the second and later ones are indented by two more. */
export function wrapped(text: string, indent: string): string[] {
  const lines: string[] = [];
  for (const word of text.split(/\s+/)) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= width)
      lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(`${indent}${lines.length === 0 ? "" : "  "}${word}`);
  }
  return lines;
}
