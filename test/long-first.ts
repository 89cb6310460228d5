import { BaseSequencer, type TestSpecification } from "vitest/node";
import { later } from "./tiers.ts";

/** Seconds. A longer file that begins last would delay the end of the run. */
const long = 100;
const files: readonly string[] = [
  ...later.flatMap(({ file, seconds }) => (seconds >= long ? [file] : [])),
  ...["test/e2e/alerts", "test/e2e/cron", "test/e2e/interrupted", "test/e2e/unreachable"],
  ...[
    "test/server/restore-swap-faults",
    "test/server/compared-content",
    "test/server/compared-views",
    "test/server/restore-in-place",
    "test/faults/killed",
  ],
];

/** Vitest's own order, the longest first. */
export class LongFirst extends BaseSequencer {
  override async sort(specifications: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(specifications);
    const isLong = ({ moduleId }: TestSpecification) => files.some((file) => moduleId.includes(file));
    return [...sorted.filter(isLong), ...sorted.filter((file) => !isLong(file))];
  }
}
