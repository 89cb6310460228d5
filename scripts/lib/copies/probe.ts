import type { StoreSettings } from "../../contract/settings.ts";
import { messageOf } from "../base/errors.ts";
import { ExitCode } from "../base/exit-codes.ts";
import { exitCodeOf } from "../program/program.ts";
import type { Store } from "../store/store.ts";
import type { CopyContext } from "./at-store.ts";
import { writableStore } from "./rclone-store.ts";
import { rcloneFor } from "./secrets.ts";

export interface ProbeOutcome {
  store: string;
  exitCode: ExitCode;
  /** Why no copy can be made there; null if it can. */
  problem: string | null;
  /** What a person should know although copies can be made; null if there is nothing. */
  finding: string | null;
}

/** Tries everything that copying needs with a file of its own. Never throws. */
export async function probeStore(
  context: CopyContext,
  place: StoreSettings,
  open: (place: StoreSettings) => Promise<Store> = async (one) =>
    writableStore(await rcloneFor(context.copies, one, context.signal), context.signal),
): Promise<ProbeOutcome> {
  const { log, signal } = context;
  const outcome: ProbeOutcome = {
    ...{ store: place.name, exitCode: ExitCode.success, problem: null, finding: null },
  };
  try {
    const { problem, removes } = await (await open(place)).probe(signal);
    if (problem !== null)
      return { ...outcome, exitCode: ExitCode.unavailable, problem: identified(place, problem) };
    if (!removes && place.deletes === "server")
      return { ...outcome, exitCode: ExitCode.unavailable, problem: cannotRemove(place) };
    if (!removes || place.deletes === "server") return outcome;
    const finding = `store ${place.name}: this server's key can remove copies, although deletes is never; take that right from it, and have the store keep versions [DBK-COPY-17]`;
    log.event("warning", null, finding);
    return { ...outcome, finding };
  } catch (error) {
    return { ...outcome, exitCode: exitCodeOf(error), problem: messageOf(error) };
  }
}

const identified = ({ name, place }: StoreSettings, problem: string): string =>
  /\[DBK-/.test(problem) ? problem : `store ${name} (${place}): ${problem} [DBK-REMOTE-8]`;

const cannotRemove = ({ name }: StoreSettings): string =>
  `store ${name}: this server's key may not remove copies, and deletes is server; give it that right, or set deletes to never [DBK-COPY-17]`;
