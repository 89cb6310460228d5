import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { projectNode, repository } from "../../infra/local-machine/places.ts";
import { processesOf } from "../running.ts";
import { holdNumber, leaseNumber, releaseNumber } from "../sandbox/numbers.ts";
import { keptServers, knownServers, removeLeftovers, removeServer } from "../sandbox/removal.ts";
import { startNumbered } from "../sandbox/server.ts";

/** Several runs, a demo and a fault suite may share a machine. Each server belongs to a running process. */

const others = new Set<ChildProcess>();
const numbers = new Set<number>();
afterAll(async () => {
  for (const child of others) child.kill("SIGKILL");
  await Promise.all([...numbers].map(removeServer));
});

/** The text of a module that imports from test/sandbox. */
const withPaths = (text: string): string =>
  text.replace(/from "([\w./]+\.ts)"/g, (_, name: string) => {
    return `from ${JSON.stringify(join(repository, "test", "sandbox", name))}`;
  });

/** Runs the text of a module in another process. @returns the number that it prints */
async function another(
  text: string,
): Promise<{ number: number; end: (signal: NodeJS.Signals) => Promise<number | null> }> {
  const child = spawn(projectNode, ["--input-type=module", "--eval", withPaths(text)], {
    cwd: repository,
    stdio: ["ignore", "pipe", "inherit"],
  });
  others.add(child);
  const printed = once(child.stdout, "data").then(([data]) => Number(String(data)));
  const number = await Promise.race([
    printed,
    once(child, "exit").then(() => {
      throw new Error("the process ended before it had a number");
    }),
  ]);
  numbers.add(number);
  return {
    number,
    end: async (signal) => {
      child.kill(signal);
      const [code] = await once(child, "exit");
      return code;
    },
  };
}

const staying = "setInterval(() => {}, 1000)";

test("a number is had by one process, until that ends, however it ends", async () => {
  const free = await leaseNumber(new Set());
  releaseNumber(free);
  const { number, end } = await another(
    `import { holdNumber } from "numbers.ts"; await holdNumber(${free}); console.log(${free}); ${staying}`,
  );
  expect(number).toBe(free);
  expect(await holdNumber(free)).toBe(false);
  await expect(startNumbered({ number: free, kept: false, database: "none" })).rejects.toThrow(
    `Sandbox server ${free} belongs to a process that still runs`,
  );
  await end("SIGKILL");
  expect(await holdNumber(free)).toBe(true);
  releaseNumber(free);
});

test("numbers of one process differ and go up, however many ask at once", async () => {
  const leased = await Promise.all(Array.from({ length: 20 }, () => leaseNumber(new Set())));
  expect(new Set(leased).size).toBe(20);
  expect(leased).toEqual(leased.toSorted((one, other) => one - other));
  for (const number of leased) releaseNumber(number);
});

test("the servers of a killed process are removed; running and kept ones stay", async () => {
  const start = (options: string) =>
    `import { startServer } from "server.ts"; const { number } = await startServer(${options}); console.log(number); ${staying}`;
  const keeping = `
    import { leaseNumber } from "numbers.ts"; import { startNumbered } from "server.ts";
    const number = await leaseNumber(new Set());
    await startNumbered({ number, kept: true, database: "none" }); console.log(number); ${staying}`;
  const [alive, killed, kept] = await Promise.all([
    another(start('{ database: "none" }')),
    another(start('{ database: "empty" }')),
    another(keeping),
  ]);
  await Promise.all([killed.end("SIGKILL"), kept.end("SIGKILL")]);
  expect(await keptServers()).toContain(kept.number);
  expect(await knownServers()).toEqual(expect.arrayContaining([killed.number]));
  await removeLeftovers();
  const left = await knownServers();
  expect(left).toEqual(expect.arrayContaining([alive.number, kept.number]));
  expect(left).not.toContain(killed.number);
});

test("a signal to a test run ends its processes and removes their servers", async () => {
  const run = randomUUID();
  const server = `import { startServer } from "server.ts"; const { number } = await startServer({ database: "none" }); console.log(number); ${staying}`;
  const { number, end } = await another(`
    import { spawn } from "node:child_process";
    import { endOnSignal } from "../interruption.ts"; import { markedAs } from "../running.ts";
    endOnSignal("${run}");
    const text = ${JSON.stringify(withPaths(server))};
    const env = { ...process.env, ...markedAs("${run}") };
    spawn(process.execPath, ["--input-type=module", "--eval", text], { env, detached: true, stdio: "inherit" });
    ${staying}`);
  expect(processesOf(run)).toHaveLength(1);
  expect(await end("SIGTERM")).toBe(143);
  expect(processesOf(run)).toEqual([]);
  expect(await knownServers()).not.toContain(number);
});
