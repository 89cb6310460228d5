import { afterAll, beforeAll, test } from "vitest";
import { chosen, randomFor, times } from "./extent.ts";
import { type FaultServer, startFaultServer } from "./fault-server.ts";
import { bulk, interrupt, lasting, middles } from "./middle.ts";
import { severings } from "./severing.ts";
import { survive } from "./survival.ts";

/** Faults of the database's container, or of a session in it, during a dump or a restore. */

let server: FaultServer;
/** The live database's content after a restore and before it. */
let contents: readonly [string, string];

beforeAll(async () => {
  server = await startFaultServer({ database: "empty", states: [bulk], settings: lasting });
  const first = await server.content();
  await server.sandbox.psql("update bulk set text = 'changed since' where n % 100 = 0");
  contents = [first, await server.content()];
});
afterAll(() => server?.remove());

const cases = severings(middles, ["stopped", "killed", "restarted", "terminated"]);

test.each(chosen("containers", cases, 1))(
  "$event in the middle of $what",
  async ({ event, says, act, middle }) => {
    const fault = `${event} in the middle of ${middle.what}`;
    const random = randomFor(fault);
    const mend = () => server.sandbox.startDatabase();
    const interruption = { act: () => act(server), undo: mend, random };
    for (let occasion = 0; occasion < times(5, 1); occasion += 1) {
      await survive(server, {
        fault,
        happen: () => interrupt(server, middle, interruption),
        says,
        mend,
        mayBecome: contents,
      });
    }
  },
);
