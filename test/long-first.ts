import { BaseSequencer, type TestSpecification } from "vitest/node";

/** What takes minutes on one worker, however small its file: begun last, it would be what everybody waits for. */
const long = /e2e\/documents|pipeline\/github|e2e\/drift-report\.|server\/versions|faults\/killed/;

/** Vitest's own order, the longest first. */
export class LongFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const isLong = ({ moduleId }: TestSpecification) => long.test(moduleId);
    return [...sorted.filter(isLong), ...sorted.filter((file) => !isLong(file))];
  }
}
