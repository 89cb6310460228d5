import { availableParallelism } from "node:os";
import { randomFor } from "./faults/extent.ts";

/**
 * Which tests run when. `npm test` proves what loses data, alarms or access; what stands here is for `npm run test:full`,
 * because something in `npm test` proves the same at a cheaper level, or because it is a matrix of what is proven once.
 */

/** A test file that `npm test` leaves to `npm run test:full`. */
export interface LaterFile {
  file: string;
  /** What it takes on one of three workers of a machine with two processors, in seconds. */
  seconds: number;
  /** What `npm test` has instead. */
  instead: string;
}

const documents =
  "the README's commands; unit tests compare paths, options and links of all documents with the code";
const pipeline =
  "test/pipeline/gitlab runs the same programs; unit tests read the workflows, and actionlint lints them";
const plugin =
  "test/provider/plugin proves it over the plugin's own interface, e2e/lifecycle and e2e/drift by the CLI";

export const later: readonly LaterFile[] = [
  { file: "test/e2e/documents/backup-configuration.test.ts", seconds: 60, instead: documents },
  { file: "test/e2e/documents/backup-deployment-guide.test.ts", seconds: 110, instead: documents },
  { file: "test/e2e/documents/backup-quick-reference.test.ts", seconds: 50, instead: documents },
  { file: "test/e2e/documents/backup-system-summary.test.ts", seconds: 30, instead: documents },
  { file: "test/e2e/documents/complete-backup-system.test.ts", seconds: 330, instead: documents },
  { file: "test/e2e/documents/database-persistence-guide.test.ts", seconds: 150, instead: documents },
  { file: "test/e2e/documents/troubleshooting.test.ts", seconds: 30, instead: documents },
  { file: "test/e2e/documents/upgrading.test.ts", seconds: 90, instead: documents },
  { file: "test/e2e/documents/drift.test.ts", seconds: 30, instead: documents },
  {
    file: "test/server/versions.test.ts",
    seconds: 250,
    instead: "the same on PostgreSQL 15, and what depends on a version on that version",
  },
  { file: "test/pipeline/github.test.ts", seconds: 220, instead: pipeline },
  { file: "test/e2e/drift-report.test.ts", seconds: 230, instead: plugin },
  { file: "test/e2e/drift-report-failures.test.ts", seconds: 40, instead: plugin },
  { file: "test/e2e/deploy-replaces.test.ts", seconds: 115, instead: plugin },
  { file: "test/e2e/handover.test.ts", seconds: 80, instead: plugin },
  { file: "test/e2e/odd-names.test.ts", seconds: 25, instead: plugin },
  { file: "test/e2e/identity.test.ts", seconds: 90, instead: plugin },
  { file: "test/e2e/targeted-run.test.ts", seconds: 90, instead: plugin },
  { file: "test/e2e/leaving-server.test.ts", seconds: 70, instead: plugin },
  { file: "test/e2e/unfit-server.test.ts", seconds: 100, instead: plugin },
  { file: "test/e2e/deploy-sudo.test.ts", seconds: 50, instead: plugin },
  {
    file: "test/e2e/told.test.ts",
    seconds: 200,
    instead:
      "test/server/ping, status-mail and status prove what the programs tell; e2e/cron lets cron run them",
  },
  {
    file: "test/pipeline/fork.test.ts",
    seconds: 105,
    instead: "unit tests compare what ships with the sample and keep Pulumi.prod.yaml an empty form",
  },
  {
    file: "test/e2e/node-version.test.ts",
    seconds: 25,
    instead: "unit tests of the hand-over to the project's Node, which every other run goes through",
  },
  {
    file: "test/e2e/cost.test.ts",
    seconds: 60,
    instead: "test/provider/ssh counts logins and requests of one session",
  },
];

/** Tests that drive real servers wait as much as they compute: one more at once than there are processors. */
export const workers: number = Math.max(2, Math.min(availableParallelism() + 1, 12));

/** Vitest's words without what is for later; files that somebody names run, whatever tier they are in. */
export const usualWords = (words: readonly string[]): readonly string[] =>
  words.some((word) => word.includes("test/"))
    ? words
    : [...words, ...later.map(({ file }) => `--exclude=${file}`)];

/**
 * As many of the later files as have time, in an order of the seed.
 * @param seconds of the clock, for all of them
 */
export function chosenForRest(seconds: number, files: readonly LaterFile[] = later): string[] {
  const random = randomFor("order of the rest");
  const order = files
    .map((one) => ({ ...one, place: random.next() }))
    .sort((one, other) => one.place - other.place);
  const chosen: string[] = [];
  let spent = 0;
  for (const { file, seconds: own } of order) {
    // Workers share the sum; the longest file is on one of them.
    if (own > seconds || (spent + own) / workers > seconds) continue;
    spent += own;
    chosen.push(file);
  }
  return chosen;
}
