import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";

/** The round trip of the goals, in milliseconds. */
export const longWay = 50;

/** A slow link to servers on this machine. */
export interface Link {
  /** The port at the other end of the link for each server's port, in the same order. */
  ports: number[];
  end(): Promise<void>;
}

/** Starts a link; `roundTrip` in milliseconds. */
export async function startLink(roundTrip: number, targets: readonly number[]): Promise<Link> {
  const program = join(import.meta.dirname, "link-process.ts");
  const words = [program, String(roundTrip / 2), ...targets.map(String)];
  const child = spawn(process.execPath, words, { stdio: ["pipe", "pipe", "inherit"] });
  const ended = once(child, "exit");
  const [first] = await Promise.race([once(child.stdout, "data"), ended]);
  if (!Buffer.isBuffer(first)) throw new Error(`the link ended with exit code ${first} before it was there`);
  const ports: number[] = JSON.parse(first.toString());
  return {
    ports,
    end: async () => {
      child.stdin.end();
      await ended;
    },
  };
}
