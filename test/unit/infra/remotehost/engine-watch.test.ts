import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import { expect, it } from "vitest";
import { watchEngine } from "../../../../infra/remotehost/engine-watch.ts";

/** An engine that listens on its own address until `end`. */
async function startEngine() {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => sockets.add(socket));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  const hangUp = () => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    address: `127.0.0.1:${address.port}`,
    /** Closes the connections, like an engine with an idle one, but continues to listen. */
    hangUp,
    /** Resolves with the next connection. */
    met: () => once(server, "connection"),
    end: async () => {
      server.close();
      hangUp();
      await once(server, "close");
    },
  };
}

it("an engine that is gone is noticed, and one that only hangs up is not taken for gone", async () => {
  const engine = await startEngine();
  let isGone = false;
  const first = engine.met();
  const watch = watchEngine(engine.address, () => {
    isGone = true;
  });
  await first;
  const second = engine.met();
  engine.hangUp();
  await second;
  expect(isGone).toBe(false);
  await engine.end();
  await watch;
  expect(isGone).toBe(true);
});

it.each([undefined, "", "unix:///run/engine"])(
  "without an address that can be asked (%s) nobody is gone",
  async (address) => {
    let isGone = false;
    await watchEngine(address, () => {
      isGone = true;
    });
    expect(isGone).toBe(false);
  },
);
