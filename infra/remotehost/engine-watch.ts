import { connect } from "node:net";
import { setTimeout as wait } from "node:timers/promises";

/** Milliseconds between the end of one connection and the next try. */
const pause = 250;

/**
 * Calls `gone` once nothing listens at the engine's address any more. A killed engine does not announce its end: the
 * program would call it again and again without a pause, and the plugin would keep its logins. It does not keep this
 * process alive.
 * @param address HOST:PORT; nothing is watched where it is anything else
 */
export async function watchEngine(address: string | undefined, gone: () => void): Promise<void> {
  const { host, port } = /^\[?(?<host>[^[\]/]+?)\]?:(?<port>\d+)$/.exec(address ?? "")?.groups ?? {};
  if (host === undefined || port === undefined) return;
  while (await listens(host, Number(port))) await wait(pause, undefined, { ref: false });
  gone();
}

/** Connects and stays connected as long as the other side does; false if nothing listened. */
function listens(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    let refused = false;
    const socket = connect({ host, port });
    socket.unref();
    socket.resume();
    socket.on("error", ({ code }: NodeJS.ErrnoException) => {
      refused = code === "ECONNREFUSED";
    });
    socket.on("close", () => resolve(!refused));
  });
}
