import { join } from "node:path";
import { expect, test } from "vitest";
import { execute } from "../../../infra/local-machine/command.ts";
import { projectNode, repository } from "../../../infra/local-machine/places.ts";

const lazily = `--require=${join(repository, "infra", "lazy-modules.cjs")}`;

/** What a script prints in a Node of its own, started as Pulumi's language host starts the program's. */
async function printedBy(script: string, ...argv: string[]): Promise<unknown> {
  const { code, stdout, stderr } = await execute([projectNode, ...argv, "--eval", script], {
    cwd: repository,
  });
  expect(code, stderr).toBe(0);
  return JSON.parse(stdout);
}

const loaded = `
require("@pulumi/pulumi");
const of = (name) => Object.keys(require.cache).filter((path) => path.includes("/node_modules/" + name + "/")).length;
console.log(JSON.stringify({ typescript: of("typescript"), arborist: of("@npmcli/arborist"), grpc: of("@grpc/grpc-js") }));`;

test("the SDK loads without what it turns functions into text with", async () => {
  const found = await printedBy(loaded, lazily);
  // Each a placeholder.
  expect(found).toMatchObject({ typescript: 1, arborist: 1 });
  const { arborist, grpc } = (await printedBy(loaded)) as Record<string, number>;
  expect(found).toMatchObject({ grpc });
  // Where the SDK no longer loads it by itself, lazy-modules.cjs has had its day.
  expect(arborist).toBeGreaterThan(10);
});

const serialize = `
const { runtime } = require("@pulumi/pulumi");
const word = "hello";
runtime.serializeFunction(() => word + require("semver").valid("1.2.3")).then(({ text }) => console.log(JSON.stringify(text)));`;

test("functions are turned into the same text all the same", async () => {
  const text = await printedBy(serialize, lazily);
  expect(text).toContain("semver");
  expect(text).toBe(await printedBy(serialize));
});

test("what is used first finds all of a module", async () => {
  const script = (name: string) =>
    `const used = require("${name}"); console.log(JSON.stringify([used.version ?? null, "Arborist" in used, typeof used.Arborist]));`;
  for (const name of ["typescript", "@npmcli/arborist"])
    expect(await printedBy(script(name), lazily)).toEqual(await printedBy(script(name)));
});
