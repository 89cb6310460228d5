import { cpus, totalmem } from "node:os";
import { formatBytes } from "../../scripts/lib/base/format.ts";
import { type PromiseKept, promises, type Survived } from "./results.ts";

/** docs/RELIABILITY.md, from the results of a full run. */

export interface RunFacts {
  seed: string;
  /** The start times of the run and of its continuations. */
  begun: readonly Date[];
  ended: Date;
  /** The state of the tested code. */
  code: string;
  postgres: string;
  docker: string;
}

const columns: readonly PromiseKept[] = [
  "exit",
  "log",
  "status",
  "names",
  "older",
  "live",
  "left",
  "found",
  "refused",
  "works",
];

const heading = (
  { seed, begun, ended, code, postgres, docker }: RunFacts,
  faults: number,
  occasions: number,
) => `\
# Reliability

<!-- Written by \`npm run faults\`; not to be edited by hand. -->

What the programs promise is put to the test by making things go wrong, on real servers with a real PostgreSQL.
\`npm run faults\` makes every fault below happen and writes this page; \`npm test\` takes a sample of them, of a seed that
it prints. The same seed makes the same choices: \`FAULT_SEED=${seed} npm run faults\`.

| | |
| --- | --- |
| Run | ${times(begun, ended)}, seed ${seed} |
| Code | ${code} |
| Machine | ${cpus().length} processors (${cpus()[0]?.model.trim() ?? "unknown"}), ${formatBytes(totalmem())} of memory |
| Software | PostgreSQL ${postgres}, Docker ${docker}, Node ${process.version} |
| Faults | ${faults} of them, made to happen ${occasions.toLocaleString("en-GB")} times in all; everything that was looked at held |

## What is looked at after each
`;

const minute = (date: Date): string => date.toISOString().slice(0, 16).replace("T", " ");

function times(begun: readonly Date[], ended: Date): string {
  const parts = begun.length > 1 ? `, in ${begun.length} parts` : "";
  return `${minute(begun[0] ?? ended)} to ${minute(ended)} UTC${parts}`;
}

/** A text in a table's cell. */
const cell = (text: string): string => text.replaceAll("|", "\\|");

const notes = `
## How, and what is left out

- “Byte for byte” is by sha256; “a good backup” is read in full by a program that shares no code with the product. The
  live database is compared by the sha256 of a dump's text (every row, in order) and by its owner, grants and settings.
- A restore in place that is cut off after its drop leaves no live database. “The live database” is looked at then when
  it has been brought back, in turn by the commands that the run had printed, pasted as they are, by the one that the
  status check names, and by the next restore: what it was lies in a good backup, and the status check is critical.
- A database of many kinds has a time zone, a text search language and a role of its own, materialized views and checks
  that depend on them, hash partitions on an enum, a comment that no dump carries, and nothing may be written to it
  unless a session says so. Its rows are compared without regard to the partition that they lie in.
- A killed program can say nothing itself: there “the log says why” means that the next run names the run that died.
- After a wrong password, a missing role and the like “the next run” is the first one after the cause was taken away.
- The power cut is both containers killed at once. Nothing here cuts the power of a real disk: that what was fsynced
  is there afterwards is the file system's promise.
- The share is bindfs over a directory. What an unmounted share's mount point gets is refused only where /etc/fstab has
  the share: what a person mounts by hand, nobody can miss.
- Whether cron runs a table is asked of Debian's cron itself, for two of its minutes. A named pipe among its tables
  stops this cron altogether, so that one is left out there.
- Clocks are given to the programs by libfaketime; PostgreSQL keeps the machine's.
- A stock \`pg_restore\` cannot be tried: it reads pg_dump's other formats. Ours is plain SQL, for \`gunzip -c FILE | psql\` or \`zstd -dc FILE | psql\`.
`;

/** The whole page. */
export function reliabilityPage(rows: readonly Survived[], facts: RunFacts): string {
  const occasions = rows.reduce((sum, { times }) => sum + times, 0);
  const legend = columns.map((kind, index) => `${index + 1}. ${promises[kind]}`).join("\n");
  const table = [...rows]
    .sort((a, b) => (a.fault < b.fault ? -1 : 1))
    .map(({ fault, times, looked }) => {
      const numbers = columns.flatMap((kind, index) => {
        const count = looked[kind] ?? 0;
        if (count === 0) return [];
        return count === times ? [`${index + 1}`] : [`${index + 1} (${count}×)`];
      });
      return `| ${cell(fault)} | ${times} | ${numbers.join(" ")} |`;
    });
  return [
    heading(facts, rows.length, occasions),
    legend,
    "\n## What was made to happen\n\nThe last column says which of these were looked at: each time, or as often as is in brackets; all held.\n",
    "| Fault | Times | Looked at |\n| --- | --- | --- |",
    table.join("\n"),
    notes,
  ].join("\n");
}
