import { availableParallelism } from "node:os";
import { randomFor } from "./faults/extent.ts";

/**
 * Which tests run when. `npm test` proves what loses data, alarms or access; what stands here is for `npm run test:full`,
 * because something in `npm test` proves the same at a cheaper level, or because it is a matrix of what is proven once.
 */

/** A test file that `npm test` leaves to `npm run test:full`. */
interface LaterFile {
  file: string;
  /** The seconds on one of three workers of a machine with two processors. */
  seconds: number;
  /** The tests in `npm test` that replace it. */
  instead: string;
}

const documents =
  "the README's commands; unit tests compare paths, options and links of all documents with the code";
const report =
  "e2e/drift shows the same changes in a preview, down-server and pipeline/gitlab run the report; unit tests of its verdicts";

export const later: readonly LaterFile[] = [
  { file: "test/e2e/documents/backup-configuration.test.ts", seconds: 60, instead: documents },
  { file: "test/e2e/documents/backup-deployment-guide.test.ts", seconds: 110, instead: documents },
  { file: "test/e2e/documents/backup-quick-reference.test.ts", seconds: 50, instead: documents },
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
  {
    file: "test/pipeline/github.test.ts",
    seconds: 220,
    instead:
      "pipeline/gitlab runs the same programs; unit tests read the workflows, and actionlint lints them",
  },
  {
    file: "test/pipeline/fork.test.ts",
    seconds: 105,
    instead:
      "the unit tests of StackFile: an addition leaves every other line as it is, so that later versions merge",
  },
  { file: "test/e2e/drift-report.test.ts", seconds: 230, instead: report },
  { file: "test/e2e/drift-report-failures.test.ts", seconds: 40, instead: report },
  {
    file: "test/e2e/deploy-replaces.test.ts",
    seconds: 115,
    instead:
      "unit tests of what --replaces chooses and writes; e2e/deploy shows that a wrong one changes nothing",
  },
  {
    file: "test/e2e/identity.test.ts",
    seconds: 90,
    instead:
      "provider/plugin/servers and file-conflicts: another stack's machine, two keys of one machine, one that is taken over",
  },
  {
    file: "test/e2e/targeted-run.test.ts",
    seconds: 90,
    instead: "e2e/deploy deploys one server of several by the same targets, e2e/down-server destroys one",
  },
  {
    file: "test/e2e/leaving-server.test.ts",
    seconds: 70,
    instead: "provider/plugin/leaving removes and forgets each kind of thing on a real server",
  },
  {
    file: "test/e2e/unfit-server.test.ts",
    seconds: 100,
    instead:
      "provider/plugin/servers and surroundings find the problems; e2e/down-server has a fleet with one bad server",
  },
  {
    file: "test/e2e/odd-names.test.ts",
    seconds: 25,
    instead: "unit tests of the quoting by a real sh, and of every command that a configuration makes",
  },
  ...["versitygw", "moto", "faults"].map((store) => ({
    file: `test/stores/${store}.test.ts`,
    seconds: 60,
    instead:
      "the same suite on sftp and WebDAV, server/copies on an S3 of rclone; unit tests of copies that arrive damaged or not at all",
  })),
  {
    file: "test/e2e/cost.test.ts",
    seconds: 60,
    instead:
      "provider/plugin/servers counts a look's logins and requests; a unit test has the bundles' sizes",
  },
  {
    file: "test/stores/azurite.test.ts",
    seconds: 60,
    instead: "stores/versitygw, moto, sftp and webdav: the same suite at four other kinds of store",
  },
  {
    file: "test/stores/serve-s3.test.ts",
    seconds: 40,
    instead: "stores/versitygw and moto: the same suite over the same protocol",
  },
];

/** Tests with real servers wait as much as they compute, so there are two workers more than processors. */
export const workers: number = Math.max(2, Math.min(availableParallelism() + 2, 12));

/** Options of Vitest with a value as the next argument. */
const withValue: ReadonlySet<string> = new Set(["-t", "--testNamePattern", "--project", "--reporter"]);

/** Vitest's arguments without the later files. Files that a person names always run. */
export const usualWords = (words: readonly string[]): readonly string[] =>
  words.some((word, index) => !word.startsWith("-") && !withValue.has(words[index - 1] ?? ""))
    ? words
    : [...words, ...later.map(({ file }) => `--exclude=${file}`)];

/**
 * As many of the later files as have time, in an order of the seed.
 * @param seconds of the clock that they should take, by the table's estimates
 */
export function chosenForRest(seconds: number, files: readonly LaterFile[] = later): string[] {
  const random = randomFor("order of the rest");
  const order = files
    .map((one) => ({ ...one, place: random.next() }))
    .sort((one, other) => one.place - other.place);
  const chosen: string[] = [];
  let spent = 0;
  for (const { file, seconds: own } of order) {
    // Workers share the sum. The longest file is on one of them.
    if (own > seconds || (spent + own) / workers > seconds) continue;
    spent += own;
    chosen.push(file);
  }
  return chosen;
}
