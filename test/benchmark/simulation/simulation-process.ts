import { readFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import * as z from "zod";
import { postQuantumSeconds, workFor } from "./client-work.ts";
import { Recording } from "./recording.ts";
import { type Clock, ReplayedSession } from "./replay.ts";
import type { SimulatedServer } from "./simulation.ts";
import { newHostKey, serveSsh } from "./ssh-connection.ts";

/**
 * Stands for many servers, each at a port and with a host key of its own. A process of its own, so that its work can be
 * told from the check's. Its word is a file with their recordings; it prints their ports and keys, and ends with its
 * standard input, or with exit code 1 at the first request that it has no answer for.
 */
const [path = ""] = process.argv.slice(2);
const host = "127.0.0.1";

const clock: Clock = { after: (seconds, act) => setTimeout(act, seconds * 1000) };

// What these servers spare the client is done here in its place.
const clientWork = workFor(postQuantumSeconds);

function fail(error: Error): never {
  console.error(`a simulated server: ${error.message}`);
  process.exit(1);
}

function serve(recording: Recording): Promise<SimulatedServer> {
  const hostKey = newHostKey();
  return new Promise((resolve, reject) => {
    const listener = createServer({ noDelay: true }, (socket) =>
      serveSsh(socket, hostKey, new ReplayedSession(recording, clock), clientWork, fail),
    );
    listener.once("error", reject);
    listener.listen(0, host, () =>
      resolve({ port: (listener.address() as AddressInfo).port, hostKey: hostKey.text }),
    );
  });
}

const recordings = z.array(Recording).parse(JSON.parse(readFileSync(path, "utf8")));
console.log(JSON.stringify(await Promise.all(recordings.map(serve))));
process.stdin.resume().once("end", () => process.exit(0));
