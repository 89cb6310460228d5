import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

type Behave = (response: ServerResponse, secret: string) => unknown;

/** The behaviour of a receiver, the first part of an address's path. */
const behaviours = {
  ok: (response) => response.writeHead(200).end("OK"),
  taken: (response) => response.writeHead(202).end(),
  "no-content": (response) => response.writeHead(204).end(),
  "busy-seconds": (response) => response.writeHead(429, { "retry-after": "120" }).end(),
  busy: (response) => response.writeHead(429).end("slowly"),
  "down-until": (response) =>
    response.writeHead(503, { "retry-after": new Date(Date.now() + 120_000).toUTCString() }).end(),
  "down-for-nonsense": (response) => response.writeHead(503, { "retry-after": "soon" }).end(),
  "down-for-ever": (response) => response.writeHead(503, { "retry-after": "99999999999999999999" }).end(),
  down: (response) => response.writeHead(503).end("no"),
  broken: (response) => response.writeHead(500).end("no"),
  missing: (response) => response.writeHead(404).end("no such check"),
  forbidden: (response) => response.writeHead(403).end(),
  wrong: (response) => response.writeHead(400).end(),
  moved: (response, secret) => response.writeHead(302, { location: `/ok/${secret}` }).end(),
  "moved-for-good": (response, secret) => response.writeHead(308, { location: `/ok/${secret}` }).end(),
  silent: () => {},
  cut: (response) => response.socket?.destroy(),
  endless: (response) => response.writeHead(200, { "content-length": 1_000_000 }).write("OK"),
} satisfies Record<string, Behave>;

export type Behaviour = keyof typeof behaviours;

export interface Received {
  path: string;
  body: string;
}

export interface Receiver {
  /** The address with this behaviour. */
  at(behaviour: Behaviour): URL;
  /** The requests since the last call. */
  received(): Received[];
  close(): void;
}

/** The secret part of every address. It must not appear anywhere else. */
export const secret = "7d1c9f0e-correct-horse-battery";

/** Starts a real HTTP server on this machine. */
export async function startReceiver(): Promise<Receiver> {
  let arrived: Received[] = [];
  const server = createServer(async (request: IncomingMessage, response) => {
    const path = request.url ?? "";
    let body = "";
    for await (const chunk of request.setEncoding("utf8")) body += chunk;
    arrived.push({ path, body });
    const behave = Object.entries<Behave>(behaviours).find(([name]) => path.startsWith(`/${name}/`))?.[1];
    behave?.(response, secret);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    at: (behaviour) => new URL(`http://127.0.0.1:${port}/${behaviour}/${secret}?key=${secret}`),
    received: () => {
      const all = arrived;
      arrived = [];
      return all;
    },
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
