import { afterAll, beforeAll, expect, test } from "vitest";
import { interruptionOf, whileClientsAsk } from "./asking-clients.ts";
import { type RestoreServer, startRestoreServer } from "./restore-server.ts";

let server: RestoreServer;
let archive: string;

beforeAll(async () => {
  server = await startRestoreServer();
  archive = await server.backUp();
});

afterAll(() => server?.remove());

test.each([
  ["a restore", () => `--yes ${archive}`],
  ["a roll back", () => "--yes --rollback"],
])(
  "during %s, eight clients that reconnect without pause lose at most one query each",
  async (what, words) => {
    let cutOff = "";
    const seen = await whileClientsAsk(server.sandbox, async () => {
      const { code, stderr, stdout } = await server.restore(words());
      expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
      cutOff = /clients were cut off for [^;\n]+/.exec(stdout)?.[0] ?? "";
    });
    const { lost, worstGap, usualGapBefore } = interruptionOf(seen);
    console.log(
      `${what}: ${cutOff}; ${lost} queries of ${seen.length} clients failed; the longest time between two answers was ${worstGap.toFixed(0)} ms, before it usually ${usualGapBefore.toFixed(0)} ms`,
    );
    expect(cutOff).not.toBe("");
    expect(seen.map(({ failures }) => failures).filter((failures) => failures > 1)).toEqual([]);
    expect(seen.every(({ endsWell }) => endsWell)).toBe(true);
    // The promise is one second. A busy machine also delays its clients: usualGapBefore is the delay just before. During
    // a restore, which loads the machine, the slowest of a hundred queries takes several times as long.
    expect(worstGap).toBeLessThanOrEqual(1000 + 10 * usualGapBefore);
    // A deadlock between the swap and a connecting client costs both of them a second.
    const { container, run } = server.sandbox;
    expect((await run(`docker logs ${container} 2>&1 | grep "deadlock detected"`)).stdout).toBe("");
  },
);
