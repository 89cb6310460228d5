import { randomInt } from "node:crypto";
import { createServer, type Server } from "node:net";
import { portOf } from "./server-options.ts";

/**
 * Who has which number. A process holds a number by listening at a port of the loopback interface that belongs to it:
 * the kernel gives each port to one process, and takes it back when that process ends, however it ends.
 */

const lowest = 101;
const highest = 999;
/** A search begins below, so that the numbers of one process go up: servers sort as they were started. */
const highestStart = 800;
const distance = 10_000;

const held = new Map<number, Server>();
let next = lowest + randomInt(highestStart - lowest);
let searching: Promise<unknown> = Promise.resolve();

/** The port at which whoever has the number listens. */
const leasePortOf = (number: number): number => portOf(number) + distance;

/** Takes a number until this process ends or gives it back; false when another process has it. */
export async function holdNumber(number: number): Promise<boolean> {
  if (held.has(number)) return true;
  const server = await listenAt(leasePortOf(number));
  if (server === null) return false;
  held.set(number, server);
  return true;
}

export function releaseNumber(number: number): void {
  held.get(number)?.close();
  held.delete(number);
}

/**
 * A number that nobody has, for as long as this process lives.
 * @param kept numbers of servers that stay although no process has them
 * @throws Error when all are taken
 */
export function leaseNumber(kept: ReadonlySet<number>): Promise<number> {
  // One search at a time: two of this process would both find what it holds already.
  const found = searching.then(() => search(kept));
  searching = found.catch(() => undefined);
  return found;
}

async function search(kept: ReadonlySet<number>): Promise<number> {
  for (let looked = lowest; looked <= highest; looked++) {
    const number = next;
    next = number === highest ? lowest : number + 1;
    if (held.has(number) || kept.has(number)) continue;
    if (await holdNumber(number)) return number;
  }
  throw new Error(`All sandbox numbers from ${lowest} to ${highest} are taken: npm run sandbox -- status`);
}

/** The listener, which keeps no process alive; null when another process listens there. */
function listenAt(port: number): Promise<Server | null> {
  const server = createServer((socket) => socket.destroy());
  return new Promise((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "EADDRINUSE") resolve(null);
      else reject(error);
    });
    // Not shared with the siblings of a worker of node:cluster.
    server.listen({ host: "127.0.0.1", port, exclusive: true }, () => {
      server.unref();
      resolve(server);
    });
  });
}
