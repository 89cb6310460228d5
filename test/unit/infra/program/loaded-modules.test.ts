import { join } from "node:path";
import { expect, test } from "vitest";
import { execute } from "../../../../infra/local-machine/command.ts";
import { projectNode, repository } from "../../../../infra/local-machine/places.ts";

/** The number of modules of a package, or of a part of it, that a new Node loads for these imports. */
async function loadedBy(...imports: readonly string[]): Promise<Record<string, number>> {
  const script = `
    import { createRequire } from "node:module";
    for (const name of ${JSON.stringify(imports)}) await import(name);
    const paths = Object.keys(createRequire(${JSON.stringify(join(repository, "package.json"))}).cache);
    const of = (name) => paths.filter((path) => path.includes("/node_modules/" + name + "/")).length;
    console.log(JSON.stringify({
      ...{ typescript: of("typescript"), arborist: of("@npmcli/arborist") },
      ...{ automation: of("@pulumi/pulumi/automation"), grpc: of("@grpc/grpc-js") },
    }));`;
  const command = [projectNode, "--input-type=module", "--eval", script];
  const { code, stdout, stderr } = await execute(command, { cwd: repository });
  expect(code, stderr).toBe(0);
  return JSON.parse(stdout);
}

// The imports of main.mjs and index.ts.
const program = [
  "@pulumi/pulumi/errors.js",
  "@pulumi/pulumi/runtime/invoke.js",
  "./infra/config/load.ts",
  "./infra/program/stack.ts",
  "./infra/remotehost/engine-watch.ts",
  "./scripts/build.ts",
].map((name) => (name.startsWith(".") ? join(repository, name) : name));

test("the program loads of the SDK only what it uses", async () => {
  const found = await loadedBy(...program);
  expect(found).toMatchObject({ typescript: 0, arborist: 0, automation: 0 });
  expect(found.grpc).toBeGreaterThan(10);
  // If the SDK stops loading them itself, its parts need not be imported separately.
  const whole = await loadedBy("@pulumi/pulumi");
  expect(whole.arborist).toBeGreaterThan(10);
  expect(whole.automation).toBeGreaterThan(10);
});
