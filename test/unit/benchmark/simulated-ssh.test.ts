import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { buffer } from "node:stream/consumers";
import ssh2, { type Client, type ClientChannel } from "ssh2";
import { afterEach, expect, test, vi } from "vitest";
import { startSimulation } from "../../benchmark/simulation/simulation.ts";
import { newHostKey, type SessionHandler, serveSsh } from "../../benchmark/simulation/ssh-connection.ts";

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

/** A client that logs in with a key of its own, and the host key that it is shown. */
function clientOf(port: number): { client: Client; ready: Promise<unknown>; shown: () => string } {
  const client = new ssh2.Client();
  ends.push(() => client.destroy());
  let shown = "";
  const ready = once(client, "ready");
  client.connect({
    ...{ host: "127.0.0.1", port, username: "root" },
    privateKey: newHostKey().privateKey,
    hostVerifier: (key: Buffer) => {
      shown = `ssh-ed25519 ${key.toString("base64")}`;
      return true;
    },
  });
  return { client, ready, shown: () => shown };
}

const run = (client: Client, command: string): Promise<ClientChannel> =>
  new Promise((resolve, reject) =>
    client.exec(command, (error, channel) => (error === undefined ? resolve(channel) : reject(error))),
  );

/** A server for these handlers; `errors` are what it could not go on with. */
async function served(handler: SessionHandler, beforeLogin: () => Promise<unknown> = async () => {}) {
  const hostKey = newHostKey();
  const errors: string[] = [];
  const sockets: Socket[] = [];
  const listener = createServer((socket) => {
    sockets.push(socket);
    serveSsh(socket, hostKey, handler, beforeLogin, ({ message }) => errors.push(message));
  });
  ends.push(() => new Promise((resolve) => listener.close(resolve)));
  await once(listener.listen(0, "127.0.0.1"), "listening");
  return { hostKey, errors, sockets, ...clientOf((listener.address() as AddressInfo).port) };
}

test("every host key can be read", () => {
  // One in 256 could not: of so many one would be met almost surely.
  for (let key = 0; key < 1500; key += 1)
    expect(ssh2.utils.parseKey(newHostKey().privateKey)).not.toBeInstanceOf(Error);
});

test("an answer longer than the client's window arrives whole, and the command ends with its input", async () => {
  const long = Buffer.alloc(5 * 1024 * 1024, "answer");
  const heard: string[] = [];
  let say: (bytes: Buffer) => void = () => {};
  const { client, ready, shown, hostKey, errors } = await served({
    start: (command, write) => {
      heard.push(command);
      say = write;
    },
    push: (bytes) => {
      heard.push(bytes.toString());
      say(long);
    },
  });
  await ready;
  expect(shown()).toBe(hostKey.text);
  const channel = await run(client, "the command");
  const exited = once(channel, "exit");
  channel.end("asked");
  expect((await buffer(channel)).equals(long)).toBe(true);
  expect(await exited).toEqual([0]);
  expect(heard).toEqual(["the command", "asked"]);
  expect(errors).toEqual([]);
});

test("nobody is logged in before the work in the client's place is done, and it is done once", async () => {
  let finish: () => void = () => {};
  const work = vi.fn(() => new Promise<void>((resolve) => (finish = resolve)));
  const { client, ready } = await served({ start: () => {}, push: () => {} }, work);
  const loggedIn = vi.fn();
  client.once("ready", loggedIn);
  await vi.waitFor(() => expect(work).toHaveBeenCalled());
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(loggedIn).not.toHaveBeenCalled();
  finish();
  await ready;
  expect(work).toHaveBeenCalledOnce();
});

test("what the handler throws is told", async () => {
  const { client, ready, errors } = await served({
    start: () => {},
    push: () => {
      throw new Error("no answer");
    },
  });
  await ready;
  (await run(client, "the command")).write("asked");
  await vi.waitFor(() => expect(errors).toEqual(["no answer"]));
});

test.each(["end", "destroy"] as const)("a client that has gone (%s) gets no answer any more", async (way) => {
  let say: (bytes: Buffer) => void = () => {};
  const { client, ready, sockets, errors } = await served({
    start: (_, write) => {
      say = write;
    },
    push: () => {},
  });
  await ready;
  await run(client, "the command");
  client[way]();
  const late = setInterval(() => say(Buffer.from("late")), 1);
  await vi.waitFor(() => expect(sockets[0]?.destroyed).toBe(true));
  say(Buffer.from("too late"));
  clearInterval(late);
  expect(errors).toEqual([]);
});

test("a simulation ends with exit code 1 where it has no answer", async () => {
  const simulation = await startSimulation([
    {
      machine: { id: "m", user: "root", architecture: "x", kernel: "k" },
      loginSeconds: 0,
      readySeconds: 0,
      answers: [],
    },
  ]);
  const { client, ready } = clientOf(simulation.servers[0]?.port ?? 0);
  // It may be told of as an error, too.
  client.on("error", () => {});
  const closed = new Promise<void>((resolve) => client.once("close", resolve));
  await ready;
  const channel = await run(client, "exec sh");
  channel.write(`marker=remotehost-${"0af".repeat(8)}\n${"#".repeat(100_000)}`);
  await closed;
  await expect(simulation.end()).rejects.toThrow("exit code 1");
});
