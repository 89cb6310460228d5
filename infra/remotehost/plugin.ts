import { main } from "@pulumi/pulumi/provider/server.js";
import { watchEngine } from "./engine-watch.ts";
import { engineLog } from "./provider/engine-log.ts";
import { acceptReadsWithoutState } from "./provider/reads-without-state.ts";
import { remoteHostProvider } from "./provider/router.ts";
import { closeSessions } from "./provider/ssh/session-pool.ts";
import type { Setup } from "./setup.ts";

/** Serves the engine whose address is the last word of the command line, until it ends this process. */
export function servePlugin(version: string, setup: Setup): void {
  const words = process.argv.slice(2);
  const engine = words.filter((word) => !word.startsWith("-")).at(-1);

  void watchEngine(engine, () => void closeSessions().finally(() => process.exit(1)));

  acceptReadsWithoutState();
  main(remoteHostProvider(version, engineLog(engine), setup), words).catch((error: unknown) => {
    console.error(error);
    process.exitCode = 1;
  });
}
