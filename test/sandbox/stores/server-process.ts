import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";

/** A running server. */
export interface ServerProcess {
  port: number;
  /** Where its files are: its own `data`, and what it prints in `log`. */
  directory: string;
  /** Ends it by its id, and removes its directory. */
  stop(): Promise<void>;
}

interface Command {
  argv: readonly string[];
  env?: NodeJS.ProcessEnv;
}

const startSeconds = 60;
const stopSeconds = 5;
/** Between the choice of a port and its use another process may take it. */
const tries = 3;

const running = new Set<ChildProcess>();
process.on("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

/** Starts a server on a free port, and waits until it answers there. */
export async function startServerProcess(
  name: string,
  command: (port: number, directory: string) => Command | Promise<Command>,
): Promise<ServerProcess> {
  for (let tried = 1; ; tried++) {
    const directory = mkdtempSync(join(tmpdir(), `store-${name}-`));
    mkdirSync(join(directory, "data"));
    const port = await freePort();
    const { argv, env } = await command(port, directory);
    const [program = "", ...words] = argv;
    const log = openSync(join(directory, "log"), "a");
    const child = spawn(program, words, { cwd: directory, env, stdio: ["ignore", log, log] });
    closeSync(log);
    running.add(child);
    const stop = () => end(child, directory);
    try {
      await answers(child, port);
      return { port, directory, stop };
    } catch (error) {
      const printed = readFileSync(join(directory, "log"), "utf8").trim().split("\n").slice(-20).join("\n");
      await stop();
      if (tried < tries && /in use/i.test(printed)) continue;
      throw new Error(`${name} did not start:\n${printed}`, { cause: error });
    }
  }
}

async function end(child: ChildProcess, directory: string): Promise<void> {
  running.delete(child);
  const isOver = () => child.pid === undefined || child.exitCode !== null || child.signalCode !== null;
  if (!isOver()) {
    const over = once(child, "exit");
    child.kill("SIGTERM");
    await Promise.race([over, setTimeout(stopSeconds * 1000, undefined, { ref: false })]);
    child.kill("SIGKILL");
    await over;
  }
  rmSync(directory, { recursive: true, force: true });
}

/** @throws Error when it ends first, or takes too long */
async function answers(child: ChildProcess, port: number): Promise<void> {
  let failure: Error | null = null;
  child.on("error", (error) => {
    failure = error;
  });
  for (let waited = 0; waited < startSeconds * 20; waited++) {
    if (failure !== null) throw failure;
    if (child.exitCode !== null || child.signalCode !== null) throw new Error("it ended");
    if (await isOpen(port)) return;
    await setTimeout(50);
  }
  throw new Error(`it does not answer after ${startSeconds} s`);
}

async function isOpen(port: number): Promise<boolean> {
  const socket = connect(port, "127.0.0.1");
  try {
    await once(socket, "connect");
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}
