import { createHash, randomBytes } from "node:crypto";
import { Readable } from "node:stream";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { closeSessions, openSession } from "../../../infra/remotehost/provider/ssh/session-pool.ts";
import type { SandboxServer } from "../../sandbox/sandbox-server.ts";
import { startServer } from "../../sandbox/server.ts";
import { connectionTo, sessionDirectories } from "./sandbox-connection.ts";

let server: SandboxServer;
beforeAll(async () => {
  server = await startServer({ database: "none" });
});
afterAll(async () => {
  await closeSessions();
  await server.remove();
});

const session = () => openSession(connectionTo(server));
const sha256 = (bytes: Buffer) => createHash("sha256").update(bytes).digest("hex");
const everyByte = Buffer.from(Array.from({ length: 1024 }, (_, index) => index % 256));

/** `length` incompressible bytes, in pieces. */
function noise(length: number): { whole: Buffer; stream: () => Readable } {
  const whole = randomBytes(length);
  const pieces = function* () {
    for (let at = 0; at < length; at += 60_000) yield whole.subarray(at, at + 60_000);
  };
  return { whole, stream: () => Readable.from(pieces()) };
}

describe("a script", () => {
  test.each([
    { script: "exit 0", code: 0 },
    { script: "exit 3", code: 3 },
    { script: "no-such-command", code: 127 },
    { script: "if", code: 2 },
    { script: "kill -KILL $$", code: 137 },
  ])("$script ends with $code", async ({ script, code }) => {
    expect(await (await session()).run(script)).toMatchObject({ code });
  });

  test("runs as root, and both its outputs come back apart", async () => {
    const result = await (await session()).run("id -u; echo trouble >&2");
    expect(result).toEqual({ code: 0, stdout: Buffer.from("0\n"), stderr: "trouble\n" });
  });

  test("that reads standard input finds it empty and does not consume the next request", async () => {
    const open = await session();
    expect((await open.run("cat; echo end")).stdout.toString()).toBe("end\n");
    expect((await open.run("echo next")).stdout.toString()).toBe("next\n");
  });

  test("may write text that looks like the session's own markers", async () => {
    const { stdout } = await (await session()).run("printf '\\n\\nremotehost-00 answer 0 0 0\\n'");
    expect(stdout.toString()).toBe("\n\nremotehost-00 answer 0 0 0\n");
  });

  test("may write 5 MB", async () => {
    const { stdout } = await (await session()).run("head -c 5000000 /dev/zero");
    expect(stdout.equals(Buffer.alloc(5_000_000))).toBe(true);
  });

  test("may be large itself", async () => {
    const text = "äöü€".repeat(20_000);
    const { stdout } = await (await session()).run(`cat <<'END'\n${text}\nEND`);
    expect(stdout.toString()).toBe(`${text}\n`);
  });

  test("starts after all that were asked for before it have ended", async () => {
    const open = await session();
    const runs = ["sleep 0.3; echo 1 >>/tmp/order", "echo 2 >>/tmp/order", "cat /tmp/order"].map((one) =>
      open.run(one),
    );
    expect((await Promise.all(runs)).at(-1)?.stdout.toString()).toBe("1\n2\n");
  });

  test("is sent while the one before it still runs", async () => {
    const open = await session();
    const before = open.requests;
    const runs = ["until [ -e /tmp/go ]; do sleep 0.05; done; echo first", "echo second"].map((one) =>
      open.run(one),
    );
    await vi.waitFor(() => expect(open.requests).toBe(before + 2), { timeout: 30_000 });
    await server.run("touch /tmp/go");
    const outputs = (await Promise.all(runs)).map(({ stdout }) => stdout.toString());
    expect(outputs).toEqual(["first\n", "second\n"]);
  });
});

describe("an input", () => {
  test.each([
    { name: "empty", bytes: Buffer.alloc(0) },
    { name: "every byte value", bytes: everyByte },
    { name: "compressible and large", bytes: Buffer.alloc(3_000_000, everyByte) },
  ])("arrives to the byte: $name", async ({ bytes }) => {
    const { stdout } = await (await session()).run('cat "$INPUT"', bytes);
    expect(stdout.equals(bytes)).toBe(true);
  });

  test("of 30 MB streams, and its progress is reported", async () => {
    const { whole, stream } = noise(30_000_000);
    let sent = 0;
    const input = { stream, length: whole.length, onProgress: (bytes: number) => (sent = bytes) };
    const { stdout } = await (await session()).run('sha256sum <"$INPUT"', input);
    expect(stdout.toString()).toContain(sha256(whole));
    expect(sent).toBe(whole.length);
  });

  test("is only there while its script runs, and only for root", async () => {
    const open = await session();
    const { stdout } = await open.run('stat -c "%a %U" "$INPUT"; echo "$INPUT"', Buffer.from("secret"));
    const [mode, path] = stdout.toString().split("\n");
    expect(mode).toBe("600 root");
    expect((await open.run(`ls ${path}`)).code).not.toBe(0);
  });

  test.each([
    { name: "shorter than said", length: 200_001 },
    { name: "longer than said", length: 199_999 },
  ])("$name is refused before the script runs", async ({ length }) => {
    const open = await session();
    const { stream } = noise(200_000);
    await expect(open.run("touch /tmp/ran", { stream, length })).rejects.toMatchObject({
      name: "RemoteCommandError",
      code: null,
    });
    expect((await open.run("ls /tmp/ran")).code).not.toBe(0);
  });

  test.each([100, 1_000_000])(
    "whose source of %i bytes fails fails with its error, and the session goes on",
    async (length) => {
      const open = await session();
      const pieces = async function* () {
        yield randomBytes(length / 2);
        throw new Error("the file cannot be read");
      };
      const input = { stream: () => Readable.from(pieces()), length };
      await expect(open.run("touch /tmp/ran", input)).rejects.toThrow("the file cannot be read");
      expect((await open.run("ls /tmp/ran; echo on")).stdout.toString()).toBe("on\n");
    },
  );
});

test("all requests, of all keys, went through one login", async () => {
  const open = await session();
  const again = await openSession(connectionTo(server, { key: "another" }));
  expect(again).toBe(open);
  expect(open.requests).toBeGreaterThan(15);
  expect(open.machine).toMatchObject({ id: expect.stringMatching(/^[0-9a-f]{32}$/), user: "root" });
  expect(await server.logins()).toBe(1);
});

test("the session's directory is private, and gone after the end", async () => {
  const { stdout } = await (await session()).run("stat -c '%a %U' /run/remotehost-session.*");
  expect(stdout.toString()).toBe("700 root\n");
  await closeSessions();
  expect(await sessionDirectories(server)).toBe("");
});

test("a dead session's directory is swept by the next one, a living one's is not", async () => {
  await server.run("mkdir -m 700 /run/remotehost-session.4000000.abc /var/tmp/remotehost-session.1.abc");
  await session();
  expect(await sessionDirectories(server)).toMatch(/^\/run\/\S+\n\/var\/tmp\/remotehost-session\.1\.abc\n$/);
  expect(await sessionDirectories(server)).not.toContain("4000000");
});
