import { join } from "node:path";
import { expect, test } from "vitest";
import { execute } from "../../../../infra/local-machine/command.ts";
import { projectNode, repository } from "../../../../infra/local-machine/places.ts";
import { withLazyModules } from "../../../../infra/pulumi-cli/pulumi-cli.ts";

const lazily = `--require=${join(repository, "infra", "program", "lazy-modules.cjs")}`;

/** What a script prints in a Node of its own, started as Pulumi's language host starts the program's. */
async function printedBy(script: string, ...argv: string[]): Promise<unknown> {
  // Under npm test every Node loads them lazily.
  const { NODE_OPTIONS: _, ...env } = process.env;
  const command = [projectNode, ...argv, "--eval", script];
  const { code, stdout, stderr } = await execute(command, { cwd: repository, env });
  expect(code, stderr).toBe(0);
  return JSON.parse(stdout);
}

const loaded = `
require("@pulumi/pulumi");
const of = (name) => Object.keys(require.cache).filter((path) => path.includes("/node_modules/" + name + "/")).length;
console.log(JSON.stringify({
  ...{ typescript: of("typescript"), arborist: of("@npmcli/arborist") },
  ...{ automation: of("@pulumi/pulumi/automation"), grpc: of("@grpc/grpc-js") },
}));`;

test("the SDK loads without what this program does not use", async () => {
  const found = await printedBy(loaded, lazily);
  // Each a placeholder.
  expect(found).toMatchObject({ typescript: 1, arborist: 1, automation: 1 });
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

test.each(["typescript", "@npmcli/arborist", "@pulumi/pulumi/automation"])(
  "of %s everything is there when it is used",
  async (name) => {
    const script = `
      const used = require("${name}");
      const names = Object.keys(used).sort();
      console.log(JSON.stringify([names, names.map((name) => typeof used[name]), "version" in used]));`;
    const found = await printedBy(script, lazily);
    expect(found).toEqual(await printedBy(script));
    expect(found).toMatchObject([expect.arrayContaining([expect.any(String)]), {}, expect.any(Boolean)]);
  },
);

test("NODE_OPTIONS names them once, after what a person has set", async () => {
  const options = withLazyModules("--max-old-space-size=500");
  expect(options).toMatch(/^--max-old-space-size=500 --require ".*lazy-modules\.cjs"$/);
  expect(withLazyModules(options)).toBe(options);
  const { NODE_OPTIONS: _, ...env } = process.env;
  const { stdout } = await execute([projectNode, "--eval", loaded], {
    cwd: repository,
    env: { ...env, NODE_OPTIONS: withLazyModules() },
  });
  expect(JSON.parse(stdout)).toMatchObject({ typescript: 1, arborist: 1, automation: 1 });
});
