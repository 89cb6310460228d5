import { type FaultServer, startFaultServer } from "./fault-server.ts";
import type { Killing } from "./kill.ts";

/** Killed runs with archives of one compression. */
export interface KilledRun {
  /** Its name in docs/RELIABILITY.md. */
  what: string;
  /** By default gzip. */
  zstdLevel?: number;
  /** The unfinished file of a backup. */
  partial: RegExp;
  often: Killing["often"];
}

/** A server with two small, different backups. The content of the newer one is live. */
export function startKilledServer({ zstdLevel }: KilledRun): Promise<FaultServer> {
  const filled = "create table wares as select n, md5(n::text) as text from generate_series(1, 20000) as n";
  return startFaultServer({
    database: "empty",
    states: [filled, "delete from wares where n % 9 = 0"],
    settings: (settings) => ({ ...settings, zstdLevel }),
  });
}
