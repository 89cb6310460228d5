import type { Connection } from "../connection.ts";
import { Server } from "./server.ts";

/** The server that a connection leads to: one object per connection and process. */
export type ServerOf = (connection: Connection) => Server;

export function serverRegistry(tell: (text: string) => void): ServerOf {
  const servers = new Map<string, Server>();
  return (connection) => {
    const name = JSON.stringify(Object.entries(connection).sort(([a], [b]) => (a < b ? -1 : 1)));
    const present = servers.get(name);
    if (present) return present;
    const server = new Server(connection, tell);
    servers.set(name, server);
    return server;
  };
}
