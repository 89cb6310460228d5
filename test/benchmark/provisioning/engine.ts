import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execute, succeed } from "../../../infra/local-machine/command.ts";
import { repository, withProjectNode } from "../../../infra/local-machine/places.ts";
import { withSandboxPulumi } from "../../sandbox/set-up/pulumi-cli.ts";
import { printedBy } from "./program.ts";
import { forgetting } from "./state.ts";

export const engineName = "Pulumi with an empty stack";
export const unpreviewedEngineName = "Pulumi with an empty stack, --skip-preview";
export const engineNote =
  "A project of Pulumi's Node language host whose program is an empty file, run by `pulumi` itself: what any Pulumi program takes, without a plugin, a resource or a login, and without what makes ours start faster.";

/** Another Pulumi project than this repository's, with a state of its own. */
export interface Project {
  directory: string;
  environment: NodeJS.ProcessEnv;
  /** Everything that the CLI printed. @throws Error with it when it failed */
  pulumi(...argv: string[]): Promise<string>;
  /** Back to a stack that was never deployed. */
  forget(): void;
  remove(): void;
}

/** A project with a stack; `program` is the text of an ES module. */
export async function createProject(name: string, program: string): Promise<Project> {
  const directory = mkdtempSync(join(tmpdir(), `database-backups-${name}-`));
  const file = (path: string) => join(directory, path);
  const runtime = { name: "nodejs", options: { typescript: false } };
  writeFileSync(file("Pulumi.yaml"), JSON.stringify({ name, main: "index.mjs", runtime }));
  writeFileSync(file("package.json"), JSON.stringify({ name, private: true, type: "module" }));
  writeFileSync(file("index.mjs"), program);
  symlinkSync(join(repository, "node_modules"), file("node_modules"));
  for (const path of ["home", "state"]) mkdirSync(file(path));
  const { NODE_COMPILE_CACHE: _, NODE_OPTIONS: __, ...plain } = withProjectNode(await withSandboxPulumi());
  const environment = {
    ...plain,
    PULUMI_BACKEND_URL: `file://${file("state")}`,
    PULUMI_CONFIG_PASSPHRASE: "sandbox",
    PULUMI_HOME: file("home"),
    PULUMI_STACK: "benchmark",
    PULUMI_SKIP_UPDATE_CHECK: "true",
    PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
    NO_COLOR: "1",
  };
  const options = { cwd: directory, env: environment };
  await succeed(["pulumi", "stack", "init", "benchmark", "--non-interactive"], options);
  return {
    directory,
    environment,
    pulumi: async (...argv) => printedBy(await execute(["pulumi", ...argv, "--non-interactive"], options)),
    forget: forgetting(file("state")),
    remove: () => rmSync(directory, { recursive: true, force: true }),
  };
}

export const emptyProject = (): Promise<Project> => createProject("empty", "");
