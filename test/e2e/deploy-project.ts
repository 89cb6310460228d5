import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { execute } from "../../infra/local-machine/command.ts";
import { repository } from "../../infra/local-machine/places.ts";
import type { SandboxServer } from "../sandbox/sandbox-server.ts";

/** The output of a deployment, by stream, and its exit code. */
export interface Deployed {
  code: number;
  stdout: string;
  /** Both streams, for the message of a failed test. */
  text: string;
}

/** A running deployment. */
export interface Deploying {
  child: ChildProcess;
  text(): string;
  /** Resolves when it has printed this. @throws if it ends before */
  says(pattern: RegExp): Promise<void>;
  ended: Promise<number>;
}

/** A separate project directory, like a person's clone, with a state and without a stack. */
export interface DeployProject {
  directory: string;
  environment: NodeJS.ProcessEnv;
  /** The text of Pulumi.prod.yaml. */
  stackFile(): string;
  writeStackFile(text: string): void;
  /** `scripts/deploy_backup_system.sh`, without a terminal. */
  deploy(...words: string[]): Promise<Deployed>;
  begin(...words: string[]): Deploying;
  /** On a terminal. Each answer is typed as soon as its question appears. */
  deployOnTerminal(words: readonly string[], answers: readonly [RegExp, string][]): Promise<Deployed>;
  pulumi(...words: string[]): Promise<Deployed>;
  remove(): void;
}

const linked = ["infra", "scripts", "node_modules", "package.json", "Pulumi.yaml"];

/** The entry of a sandbox server under `servers`, as YAML in one line. */
export const entryText = ({ sshConfig }: SandboxServer): string =>
  `{ sshConfig: ${sshConfig}, connectTimeout: 60s }`;

/** A stack's file with comments. Its only database runs beside `server`, and its servers have their own Node. */
export const stackFileFor = (
  { container, dataDirectory }: SandboxServer,
  ...servers: string[]
): string => `# our servers
config:
  database-backups:servers:
${servers.map((line) => `    ${line}\n`).join("")}  # what they run
  database-backups:databases:
    curriculum_library_api:
      container: ${container}
      dataDirectory: ${dataDirectory} # a volume
  database-backups:runtime: system
`;

export function makeProject(stackFile: string): DeployProject {
  const directory = mkdtempSync(join(tmpdir(), "database-backups-deploy-"));
  for (const name of linked) symlinkSync(join(repository, name), join(directory, name));
  for (const name of ["home", "state"]) mkdirSync(join(directory, name));
  const path = join(directory, "Pulumi.prod.yaml");
  writeFileSync(path, stackFile);
  const environment: NodeJS.ProcessEnv = {
    ...process.env,
    PULUMI_BACKEND_URL: `file://${directory}/state`,
    PULUMI_CONFIG_PASSPHRASE: "sandbox",
    PULUMI_HOME: join(directory, "home"),
    PULUMI_SKIP_UPDATE_CHECK: "true",
    PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
    NO_COLOR: "1",
  };
  const launcher = join(directory, "scripts", "deploy_backup_system.sh");
  const outcome = async (argv: readonly string[]): Promise<Deployed> => {
    const { code, stdout, stderr } = await execute(argv, { cwd: directory, env: environment });
    return { code, stdout, text: `$ ${argv.join(" ")}\n${stderr}${stdout}` };
  };
  const begin = (argv: readonly string[]): Deploying => watch(argv, directory, environment);
  return {
    directory,
    environment,
    stackFile: () => readFileSync(path, "utf8"),
    writeStackFile: (text) => writeFileSync(path, text),
    deploy: (...words) => outcome([launcher, ...words]),
    begin: (...words) => begin([launcher, ...words]),
    async deployOnTerminal(words, answers) {
      const command = [launcher, ...words].map((word) => `'${word}'`).join(" ");
      return answered(begin(onTerminal(command)), answers);
    },
    pulumi: (...words) => outcome(["pulumi", ...words, "--stack", "prod", "--non-interactive"]),
    remove: () => rmSync(directory, { recursive: true, force: true }),
  };
}

/** `script` gives a shell command a terminal. Its input is the typed text. */
export const onTerminal = (command: string): string[] => [
  ...["script", "--quiet", "--return", "--command", command, "/dev/null"],
];

/** Types each answer as soon as its question appears, and waits for the end. */
export async function answered(
  run: Deploying,
  answers: readonly (readonly [RegExp, string])[],
): Promise<Deployed> {
  for (const [question, answer] of answers) {
    await run.says(question);
    run.child.stdin?.write(answer);
  }
  const code = await run.ended;
  return { code, stdout: run.text(), text: run.text() };
}

/** Starts a command whose output can be awaited. */
export function watch(argv: readonly string[], cwd: string, env: NodeJS.ProcessEnv): Deploying {
  const [program = "", ...words] = argv;
  const child = spawn(program, words, { cwd, env, stdio: ["pipe", "pipe", "pipe"] });
  let printed = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (text: string) => (printed += text));
  return {
    child,
    text: () => printed,
    ended: new Promise((resolve) => child.on("close", (code) => resolve(code ?? -1))),
    async says(pattern) {
      while (!pattern.test(printed)) {
        if (child.exitCode !== null) throw new Error(`it ended without having said ${pattern}:\n${printed}`);
        await wait(20);
      }
    },
  };
}
