import { expect, test } from "vitest";
import { withParallelLooks } from "../../../../infra/pulumi-cli/parallel-looks.ts";

const environment = { PATH: "/bin" };

test.each([["preview", "--diff"], ["refresh"]])("pulumi %s looks at all servers side by side", (...argv) => {
  const { PULUMI_PARALLEL, ...rest } = withParallelLooks(argv, environment);
  expect(Number(PULUMI_PARALLEL)).toBeGreaterThan(1000);
  expect(rest).toEqual(environment);
});

test.each([["up"], ["destroy", "--stack", "preview"], []])(
  "pulumi %s changes as little at once as ever",
  (...argv) => {
    expect(withParallelLooks(argv, environment)).toEqual(environment);
  },
);

test("what a person has set stays", () => {
  const own = { PULUMI_PARALLEL: "3" };
  expect(withParallelLooks(["preview"], own)).toEqual(own);
});
