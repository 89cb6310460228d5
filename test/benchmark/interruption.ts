import * as z from "zod";
import { say } from "../../infra/local-machine/steps.ts";
import { interruptionOf, whileClientsAsk } from "../server/asking-clients.ts";
import { type RestoreServer, startRestoreServer } from "../server/restore-server.ts";
import type { Figure } from "./figures.ts";

/** What clients see of the moment in which a restore or a roll back swaps two databases. */

const number = 291;
const rounds = 5;

const Result = z.object({ cutOffSeconds: z.number() });

/** One restore or roll back. @throws Error with what it said when it fails */
async function measure(server: RestoreServer, words: string) {
  let cutOff = Number.NaN;
  const seen = await whileClientsAsk(server.sandbox, async () => {
    const { code, stdout, stderr } = await server.restore(`--yes --json ${words}`);
    if (code !== 0) throw new Error(stderr || stdout);
    cutOff = Result.parse(JSON.parse(stdout)).cutOffSeconds * 1000;
  });
  return { cutOff, ...interruptionOf(seen) };
}

type Measured = Awaited<ReturnType<typeof measure>>;

function figuresOf(work: string, all: readonly Measured[]): Figure[] {
  const figure = (what: string, unit: Figure["unit"], of: (measured: Measured) => number): Figure => ({
    what: `${work}: ${what}`,
    unit,
    values: all.map(of),
  });
  return [
    figure("clients are cut off", "ms", ({ cutOff }) => cutOff),
    figure("lost queries of eight clients", "", ({ lost }) => lost),
    figure("worst gap between two answers", "ms", ({ worstGap }) => worstGap),
    figure("usual gap before it", "ms", ({ usualGapBefore }) => usualGapBefore),
    figure("worst gap before it", "ms", ({ worstGapBefore }) => worstGapBefore),
  ];
}

/** Restores and rolls back a sandbox server's database in turn while clients ask without pause. */
export async function interruption(): Promise<Figure[]> {
  const server = await startRestoreServer(number);
  try {
    const archive = await server.backUp();
    const restores: Measured[] = [];
    const rollBacks: Measured[] = [];
    for (let round = 1; round <= rounds; round += 1) {
      say(`Restore and roll back ${round} of ${rounds} …`);
      restores.push(await measure(server, archive));
      rollBacks.push(await measure(server, "--rollback"));
    }
    return [...figuresOf("restore", restores), ...figuresOf("roll back", rollBacks)];
  } finally {
    await server.remove();
  }
}
