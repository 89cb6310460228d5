import { describe, expect, test } from "vitest";
import { ExitCode, worst } from "../../../../scripts/lib/base/exit-codes.ts";

const all = Object.entries(ExitCode);
const bad = all.filter(([, code]) => code !== ExitCode.success);

describe("the exit code of several databases", () => {
  test.each(bad)("%s is worse than success", (_, code) => {
    expect(worst([code])).toBe(code);
    expect(worst([ExitCode.success, code])).toBe(code);
    expect(worst([code, ExitCode.success])).toBe(code);
  });

  test("does not depend on the databases' order", () => {
    for (const [, a] of all) for (const [, b] of all) expect(worst([a, b])).toBe(worst([b, a]));
  });

  test("is success for none, and for nothing but successes", () => {
    expect(worst([])).toBe(ExitCode.success);
    expect(worst([ExitCode.success, ExitCode.success])).toBe(ExitCode.success);
  });

  test.each([
    { codes: [ExitCode.locked, ExitCode.noSpace], is: ExitCode.noSpace },
    { codes: [ExitCode.noSpace, ExitCode.unavailable], is: ExitCode.unavailable },
    { codes: [ExitCode.unavailable, ExitCode.failed], is: ExitCode.failed },
    { codes: [ExitCode.failed, ExitCode.different], is: ExitCode.different },
    { codes: [ExitCode.badFile, ExitCode.unavailable], is: ExitCode.badFile },
  ])("of $codes is $is", ({ codes, is }) => expect(worst(codes)).toBe(is));
});
