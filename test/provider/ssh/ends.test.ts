import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { Readable } from "node:stream";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { closeSessions, openSession } from "../../../infra/remotehost/provider/ssh/session-pool.ts";
import type { SandboxServer } from "../../sandbox/sandbox-server.ts";
import { startServer } from "../../sandbox/server.ts";
import { connectionTo, runs, sessionDirectories } from "./sandbox-connection.ts";

let server: SandboxServer;
beforeAll(async () => {
  server = await startServer({ database: "none" });
});
afterEach(closeSessions);
afterAll(() => server?.remove());

const lost = { name: "ConnectError", kind: "connection-lost", host: expect.stringMatching(/^sandbox-\d+$/) };
const patience = { timeout: 30_000 };

describe("a connection that breaks", () => {
  test("in the middle of an upload leaves nothing, runs nothing, and fails the waiting requests", async () => {
    const session = await openSession(connectionTo(server));
    const pieces = async function* () {
      for (let piece = 0; piece < 100; piece += 1) {
        if (piece === 60) process.kill(session.pid ?? 0, "SIGKILL");
        yield randomBytes(100_000);
      }
    };
    const input = { stream: () => Readable.from(pieces()), length: 10_000_000 };
    const upload = session.run('cp "$INPUT" /root/final; touch /tmp/ran', input);
    const behind = session.run("touch /tmp/ran");
    await expect(upload).rejects.toMatchObject(lost);
    await expect(behind).rejects.toMatchObject(lost);
    await vi.waitFor(async () => expect(await sessionDirectories(server)).toBe(""), patience);
    expect((await server.run("ls /root/final /tmp/ran 2>/dev/null")).stdout).toBe("");
  });

  test("while a script runs fails it, and the next caller gets a new login", async () => {
    const before = await server.logins();
    const session = await openSession(connectionTo(server));
    const running = session.run("kill -KILL $PPID; sleep 1");
    const sentBehind = session.run("touch /tmp/ran-behind");
    await expect(running).rejects.toMatchObject(lost);
    await expect(sentBehind).rejects.toMatchObject(lost);
    expect(await server.run("ls /tmp/ran-behind")).toMatchObject({ code: 2 });
    await expect(session.run("true")).rejects.toMatchObject(lost);
    const next = await openSession(connectionTo(server));
    expect(await next.run("exit 7")).toMatchObject({ code: 7 });
    expect(await server.logins()).toBe(before + 2);
  });
});

describe("a closed session", () => {
  test("leaves no ssh, and fails the running requests", async () => {
    const session = await openSession(connectionTo(server));
    const running = session.run("touch /tmp/started; sleep 6");
    const outcome = expect(running).rejects.toMatchObject({ kind: "closed", host: server.alias });
    await vi.waitFor(
      async () => expect(await server.run("ls /tmp/started")).toMatchObject({ code: 0 }),
      patience,
    );
    await closeSessions();
    await outcome;
    expect(runs(session.pid ?? 0)).toBe(false);
  });

  test("waits for the sent scripts before it ends", async () => {
    const session = await openSession(connectionTo(server));
    const before = session.requests;
    const running = ["sleep 0.5; echo first", "echo second"].map((script) => session.run(script));
    await vi.waitFor(() => expect(session.requests).toBe(before + 2));
    await closeSessions();
    const outputs = (await Promise.all(running)).map(({ stdout }) => stdout.toString());
    expect(outputs).toEqual(["first\n", "second\n"]);
  });

  test("is not opened any more: logins under way end too", async () => {
    const opening = expect(openSession(connectionTo(server))).rejects.toMatchObject({ kind: "closed" });
    await closeSessions();
    await opening;
  });
});

describe("a process that ends without closing its session", () => {
  function hold(script: string, end: "exit" | "wait"): { holder: ChildProcess; pid: Promise<number> } {
    const program = new URL("session-holder.ts", import.meta.url).pathname;
    const argv = [program, JSON.stringify(connectionTo(server)), script, end];
    const holder = spawn(process.execPath, argv, { stdio: ["ignore", "pipe", "inherit"] });
    return { holder, pid: once(holder.stdout, "data").then(([text]) => Number(text)) };
  }

  test.each([
    { name: "by itself", script: "true", end: "exit", signal: null },
    { name: "by SIGTERM", script: "sleep 1", end: "wait", signal: "SIGTERM" },
    { name: "by SIGKILL", script: "sleep 1", end: "wait", signal: "SIGKILL" },
  ] as const)("$name leaves no ssh and nothing on the server", async ({ script, end, signal }) => {
    await vi.waitFor(async () => expect(await sessionDirectories(server)).toBe(""), patience);
    const { holder, pid } = hold(script, end);
    const ssh = await pid;
    if (signal !== null) holder.kill(signal);
    if (holder.exitCode === null && holder.signalCode === null) await once(holder, "exit");
    await vi.waitFor(async () => {
      expect(runs(ssh)).toBe(false);
      expect(await sessionDirectories(server)).toBe("");
    }, patience);
  });
});
