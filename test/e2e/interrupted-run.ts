import { spawn } from "node:child_process";
import { setTimeout as wait } from "node:timers/promises";
import type { SandboxServer } from "../sandbox/sandbox-server.ts";
import type { SandboxStack } from "../sandbox/stack.ts";
import { descendantsOf, isRunning, type RunningProcess } from "./process-tree.ts";

export type Victim = "cli" | "plugin" | "ssh";

/** A running `pulumi up`. */
export interface Run {
  /** Its output so far. */
  text(): string;
  ended: Promise<number | null>;
  /** Resolves when it has printed this. @throws if it ends before */
  says(pattern: RegExp): Promise<void>;
  /** Sends SIGKILL to its processes of one kind, by their pids. @throws if there is none */
  kill(victim: Victim): void;
  /** Resolves when its programs, plugins and ssh have ended. Pulumi's language host takes minutes, so it is killed. */
  gone(): Promise<void>;
}

/** Starts `pulumi up --yes --skip-preview` without waiting for it. */
export function beginUp({ directory, environment }: SandboxStack): Run {
  const child = spawn("pulumi", ["up", "--yes", "--skip-preview", "--non-interactive"], {
    cwd: directory,
    env: environment,
  });
  const { pid } = child;
  if (pid === undefined) throw new Error("pulumi could not be started");
  let printed = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (text: string) => (printed += text));
  let family: RunningProcess[] = [];
  let others: RunningProcess[] = [];
  const program = /@pulumi\/pulumi\/cmd\/run/;
  const words: Record<Exclude<Victim, "cli">, RegExp> = { plugin: /plugin\/start\.mjs/, ssh: /^ssh / };
  return {
    text: () => printed,
    ended: new Promise((resolve) => child.on("exit", resolve)),
    async says(pattern) {
      while (!pattern.test(printed)) {
        if (child.exitCode !== null) throw new Error(`it ended without having said ${pattern}:\n${printed}`);
        await wait(20);
      }
    },
    kill(victim) {
      const children = descendantsOf(pid);
      const isOurs = ({ command }: RunningProcess) =>
        [program, ...Object.values(words)].some((word) => word.test(command));
      family = children.filter(isOurs);
      others = children.filter((one) => !isOurs(one));
      // The engine may have a second plugin from the refresh, which is idle.
      const targets =
        victim === "cli"
          ? [pid]
          : family.filter(({ command }) => words[victim].test(command)).map((one) => one.pid);
      if (targets.length === 0) throw new Error(`no ${victim} is running:\n${printed}`);
      for (const target of targets) process.kill(target, "SIGKILL");
    },
    async gone() {
      while (family.some(isRunning)) await wait(50);
      for (const one of others.filter(isRunning)) process.kill(one.pid, "SIGKILL");
    },
  };
}

/** Blocks every further change of a server. */
export interface Barrier {
  reached: Promise<unknown>;
  lift(): Promise<void>;
}

/**
 * Takes the deployment's own lock on the server as soon as it has recorded `count` changes there, so that a run stands
 * still between two changes for as long as it is looked at. What was recorded before is forgotten.
 */
export async function barrierAfter(server: SandboxServer, count: number): Promise<Barrier> {
  const state = "/var/lib/remotehost";
  await server.run(`rm -f /tmp/barrier-*; mkdir -p ${state}; rm -rf ${state}/records`);
  const script = `
    until [ -e /tmp/barrier-lifted ] || [ "$(ls ${state}/records 2>/dev/null | wc -l)" -ge ${count} ]; do sleep 0.01; done
    exec flock ${state}/lock sh -c 'touch /tmp/barrier-reached; while [ ! -e /tmp/barrier-lifted ]; do sleep 0.05; done'`;
  const held = server.run(script);
  const reached = async () => {
    while ((await server.run("test -e /tmp/barrier-reached")).code !== 0) await wait(50);
  };
  return {
    reached: reached(),
    lift: async () => {
      await server.run("touch /tmp/barrier-lifted");
      await held;
    },
  };
}
