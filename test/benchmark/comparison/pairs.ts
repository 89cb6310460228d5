import { say } from "../../../infra/local-machine/steps.ts";
import type { Contestant, Sample } from "../contest.ts";
import type { Compared } from "./verdict.ts";

/** The works of both checkouts, in order. */
export type Work = Pick<Contestant, "name" | "prepare" | "run">;

/**
 * Does every work of both sides in pairs, each pair beginning with the other side; the first pair is not counted. Both
 * sides have the same works, each of which may need the one before.
 */
export async function inPairs(
  ours: readonly Work[],
  theirs: readonly Work[],
  pairs: number,
): Promise<Compared[]> {
  const results = ours.map(({ name }) => ({ what: name, ours: [] as Sample[], theirs: [] as Sample[] }));
  for (let pair = 0; pair <= pairs; pair += 1) {
    for (const [index, result] of results.entries()) {
      const sides = [
        { work: ours[index], samples: result.ours },
        { work: theirs[index], samples: result.theirs },
      ];
      for (const { work, samples } of pair % 2 === 0 ? sides : sides.toReversed()) {
        if (work === undefined) throw new Error(`the other side lacks ${result.what}`);
        await work.prepare?.();
        const sample = await work.run();
        if (pair > 0) samples.push(sample);
      }
      const last = [result.ours, result.theirs].map((samples) => samples.at(-1)?.seconds.toFixed(2) ?? "…");
      say(`${result.what}, pair ${pair} of ${pairs}: ${last.join(" s and ")} s`);
    }
  }
  return results;
}
