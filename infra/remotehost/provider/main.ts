import { main } from "@pulumi/pulumi/provider/server.js";
import { watchEngine } from "../engine-watch.ts";
import { engineLog } from "./engine-log.ts";
import { acceptReadsWithoutState } from "./reads-without-state.ts";
import { remoteHostProvider } from "./router.ts";
import { closeSessions } from "./ssh/session-pool.ts";

/** Serves the engine whose address is the last word of the command line, until it ends this process. */
const words = process.argv.slice(2);
const engine = words.filter((word) => !word.startsWith("-")).at(-1);

void watchEngine(engine, () => void closeSessions().finally(() => process.exit(1)));

acceptReadsWithoutState();
main(remoteHostProvider("0.1.0", engineLog(engine)), words).catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
