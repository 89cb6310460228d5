// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are expressions of workflows
import { expect, test } from "vitest";
import { condition, evaluate, evaluated } from "../../../pipeline/expressions.ts";

const contexts = {
  github: { ref: "refs/heads/main", event: { schedule: "20 1 * * *", pull_request: null } },
  needs: { stacks: { outputs: { names: '["a","b"]' } } },
};

test.each<[string, unknown]>([
  ["github.ref == 'refs/heads/main'", true],
  ["github.ref != 'refs/heads/main'", false],
  ["!(github.ref == 'x') && github.ref", "refs/heads/main"],
  ["github.event.pull_request.number || github.ref", "refs/heads/main"],
  ["github.ref == 'x' || github.event.schedule == '20 1 * * *' && 'it''s'", "it's"],
  ["fromJSON(needs.stacks.outputs.names)", ["a", "b"]],
  ["!cancelled() && 1 == 1", true],
])("%s", (expression, value) => {
  expect(evaluate(expression, contexts)).toEqual(value);
});

test.each(["secrets.KEY", "hashFiles('x')", "github.ref ==", "github.ref github.ref", "a $ b", "(1"])(
  "%s is not understood",
  (expression) => {
    expect(() => evaluate(expression, contexts)).toThrow();
  },
);

test("texts around expressions, and conditions with and without braces", () => {
  expect(evaluated("on ${{ github.ref }} or ${{ github.event.nothing }}.", contexts)).toBe(
    "on refs/heads/main or .",
  );
  expect(evaluated("${{ fromJSON(needs.stacks.outputs.names) }}", contexts)).toEqual(["a", "b"]);
  expect(condition("${{ !cancelled() }}", contexts)).toBe(true);
  expect(condition("github.event.nothing", contexts)).toBe(false);
});
