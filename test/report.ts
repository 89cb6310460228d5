import * as z from "zod";

/** The part of Vitest's JSON report that `npm test` needs. */
const Report = z.object({
  numPassedTests: z.int(),
  numFailedTests: z.int(),
  numPendingTests: z.int(),
  numTodoTests: z.int(),
  testResults: z.array(
    z.object({
      /** The file's path. */
      name: z.string(),
      status: z.string(),
      /** Milliseconds since 1970. */
      startTime: z.number(),
      endTime: z.number(),
      assertionResults: z.array(z.object({ fullName: z.string(), status: z.string() })),
    }),
  ),
});

export interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}

/** The failed tests of one file; empty if the file itself could not run. */
interface FailedFile {
  path: string;
  tests: string[];
}

interface TimedFile {
  path: string;
  seconds: number;
}

export interface Outcome extends Counts {
  failedFiles: FailedFile[];
  /** Every file that ran, the longest first. */
  files: TimedFile[];
}

/**
 * Reads a report and the exit code that came with it: a file that cannot be loaded, or an error outside of every test,
 * fails the run and no test.
 * @throws ZodError when the text is not Vitest's report
 */
export function outcomeOf(report: string, exitCode: number): Outcome {
  const { numPassedTests, numFailedTests, numPendingTests, numTodoTests, testResults } = Report.parse(
    JSON.parse(report),
  );
  const failedFiles = testResults
    .filter(({ status }) => status === "failed")
    .map(({ name, assertionResults }) => ({
      path: name,
      tests: assertionResults.filter(({ status }) => status === "failed").map(({ fullName }) => fullName),
    }));
  const unnamed = failedFiles.filter(({ tests }) => tests.length === 0).length;
  const files = testResults
    .map(({ name, startTime, endTime }) => ({ path: name, seconds: (endTime - startTime) / 1000 }))
    .sort((one, other) => other.seconds - one.seconds);
  return {
    passed: numPassedTests,
    failed: Math.max(numFailedTests + unnamed, exitCode === 0 ? 0 : 1),
    skipped: numPendingTests + numTodoTests,
    failedFiles,
    files,
  };
}

/** So many failures are a defect, not a disturbance. */
const mostFilesForSecondTry = 4;

/**
 * The files to run once more, alone: tests of real servers share one machine, and what fails once and passes
 * undisturbed is reported as such. None when so much failed, or when something failed that no file stands for.
 */
export function secondTry({ failed, failedFiles }: Outcome): string[] {
  return failed === 0 || failedFiles.length > mostFilesForSecondTry
    ? []
    : failedFiles.map(({ path }) => path);
}

/** Files that failed first and then passed: a disturbance, or an intermittent fault of test or program. */
export function passedLater(first: Outcome, again: Outcome): FailedFile[] {
  const failedAgain = new Set(again.failedFiles.map(({ path }) => path));
  return first.failedFiles.filter(
    ({ path }) => again.files.some((file) => file.path === path) && !failedAgain.has(path),
  );
}

/** The result of both runs. The second result of a file replaces the first one. */
export function afterSecondTry(first: Outcome, again: Outcome): Outcome {
  const inFiles = first.failedFiles.reduce((sum, { tests }) => sum + Math.max(1, tests.length), 0);
  const elsewhere = first.failed - inFiles;
  const failed = again.failed + Math.max(0, elsewhere);
  const mended = Math.max(0, inFiles - again.failed);
  const { skipped, files } = first;
  return { passed: first.passed + mended, failed, skipped, failedFiles: again.failedFiles, files };
}
