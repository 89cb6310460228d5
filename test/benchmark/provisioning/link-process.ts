import { type AddressInfo, createServer, Socket } from "node:net";
import { DelayLine } from "./delay-line.ts";

/**
 * Stands for a long way to servers: what goes in at one end comes out at the other end later, in order, however much is
 * under way. A process of its own, so that it does not wait for what it delays. Its words are the milliseconds of one
 * way and the servers' ports; it prints the ports at which it takes connections, and ends with its standard input.
 */
const [oneWay = 0, ...targets] = process.argv.slice(2).map(Number);
const host = "127.0.0.1";

/** `earliest` is the sender's first possible time, in milliseconds of `performance.now()`. */
function carry(from: Socket, to: Socket, line: DelayLine, earliest: number): void {
  const later = (act: () => void) => line.add(Math.max(performance.now(), earliest) + oneWay, act);
  from.on("data", (bytes) => later(() => to.write(bytes)));
  from.on("end", () => later(() => to.end()));
  from.on("error", () => later(() => to.destroy()));
}

/**
 * The client's kernel believes at once that the connection is made. Over a long way it would be after one round trip,
 * and the server would know half a round trip later.
 */
function relay(client: Socket, target: number): void {
  const born = performance.now();
  const server = new Socket({ allowHalfOpen: true });
  for (const socket of [client, server]) socket.setNoDelay(true);
  const there = new DelayLine();
  there.add(born + 3 * oneWay, () => server.connect({ host, port: target }));
  carry(client, server, there, born + 2 * oneWay);
  carry(server, client, new DelayLine(), born);
}

const ports = await Promise.all(
  targets.map(
    (target) =>
      new Promise<number>((resolve, reject) => {
        const listener = createServer({ allowHalfOpen: true }, (client) => relay(client, target));
        listener.once("error", reject);
        listener.listen(0, host, () => resolve((listener.address() as AddressInfo).port));
      }),
  ),
);
console.log(JSON.stringify(ports));
process.stdin.resume().once("end", () => process.exit(0));
