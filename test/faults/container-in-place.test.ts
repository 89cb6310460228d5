import { afterAll, beforeAll, test } from "vitest";
import { chosen, randomFor, times } from "./extent.ts";
import { type FaultServer, startFaultServer } from "./fault-server.ts";
import { inPlaceHolds, proveAll, putLauncher, ways, wordsInPlace } from "./in-place.ts";
import { bulk, interrupt, lasting, middlesInPlace } from "./middle.ts";
import { severings } from "./severing.ts";
import { survive } from "./survival.ts";

/** Faults of the database's container, or of a session in it, during a restore in place. */

let server: FaultServer;
/** The live database's content after a restore and before it. */
let contents: readonly [string, string];

beforeAll(async () => {
  server = await startFaultServer({ database: "empty", states: [bulk], settings: lasting });
  await putLauncher(server);
  await proveAll(server);
  const first = await server.content();
  await server.sandbox.psql("update bulk set text = 'changed since' where n % 100 = 0");
  contents = [first, await server.content()];
});
afterAll(() => server?.remove());

const cases = severings(middlesInPlace, ["killed", "restarted", "terminated"]);

test.each(chosen("containers in place", cases, 1))(
  "$event in the middle of $what",
  async ({ event, says, act, middle }) => {
    const fault = `${event} in the middle of ${middle.what}`;
    const random = randomFor(fault);
    const mend = () => server.sandbox.startDatabase();
    const interruption = { act: () => act(server), undo: mend, random };
    for (let occasion = 0; occasion < times(3, 1); occasion += 1) {
      await survive(server, {
        fault,
        happen: () => interrupt(server, middle, interruption),
        says,
        mend,
        live: async (before, { stdout, stderr }) => {
          const way = ways[occasion % ways.length] ?? ways[0];
          const words = wordsInPlace(server.archives[0]);
          await inPlaceHolds(server, {
            before,
            former: contents,
            outcomes: contents,
            output: stdout + stderr,
            way,
            words,
          });
        },
      });
    }
  },
);
