import { say } from "../../../infra/local-machine/steps.ts";
import type { ContestResult, Goal } from "../contest.ts";
import type { Contender } from "./one-server.ts";
import { programName } from "./program.ts";
import { differences, empty } from "./server-state.ts";
import { tamperingsOf } from "./tamperings.ts";

/** What became of one tampering. */
export interface Fate {
  what: string;
  /** By the tool's drift check; null where it has none. */
  seen: boolean | null;
  /** By its next apply. */
  repaired: boolean;
}

/** A tool's fates as one sentence. */
export function fatesText(fates: readonly Fate[]): string {
  return fates
    .map(({ what, seen, repaired }) => {
      const sight = seen === null ? "cannot look" : seen ? "seen" : "not seen";
      return `${what}: ${sight}, ${repaired ? "repaired" : "not repaired"}`;
    })
    .join("; ");
}

/** Tampers with each tool's server in each way; everything has been applied before. Nothing is timed. */
export async function tamperingTrial(contenders: readonly Contender[]): Promise<ContestResult> {
  const outcomes: { name: string; fates: Fate[] }[] = [];
  for (const contender of contenders)
    outcomes.push({ name: contender.tool.name, fates: await fatesOf(contender) });
  return {
    title: "Tampering",
    work: "For each kind of tampering: whether the tool's drift check sees it, and whether the next apply repairs it. A cron line goes, and a mark above it by which a tool knows it stays.",
    contestants: outcomes.map(({ name, fates }) => ({ name, note: fatesText(fates), samples: [] })),
    goals: outcomes.filter(({ name }) => name === programName).map(({ fates }) => goalOf(fates)),
  };
}

async function fatesOf({ tool, desired }: Contender): Promise<Fate[]> {
  const fates: Fate[] = [];
  for (const { what, command } of tamperingsOf(desired)) {
    say(`tampering: ${tool.name}, ${what}`);
    const { code, stderr } = await tool.server.run(command);
    if (code !== 0 || (await differences(tool.server, desired)).length === 0)
      throw new Error(`“${what}” has done nothing on ${tool.server.alias}: ${stderr}`);
    const seen = tool.check ? await tool.check() : null;
    await tool.apply();
    const repaired = (await differences(tool.server, desired)).length === 0;
    fates.push({ what, seen, repaired });
    // So that the next tampering is all that differs.
    if (!repaired) await undo({ tool, desired });
  }
  return fates;
}

async function undo({ tool, desired }: Contender): Promise<void> {
  await empty(tool.server, desired);
  tool.forget?.();
  await tool.apply();
}

function goalOf(fates: readonly Fate[]): Goal {
  const good = fates.filter(({ seen, repaired }) => seen && repaired);
  const bad = fates.filter((fate) => !good.includes(fate)).map(({ what }) => what);
  return {
    what: "kinds of tampering seen and repaired",
    wanted: `${fates.length} of ${fates.length}`,
    found: `${good.length} of ${fates.length}`,
    met: bad.length === 0,
    ...(bad.length > 0 && { reason: `not: ${bad.join(", ")}` }),
  };
}
