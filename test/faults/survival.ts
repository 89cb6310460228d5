import { expect } from "vitest";
import type { CommandResult } from "../../infra/local-machine/command.ts";
import type { FaultServer } from "./fault-server.ts";
import {
  type Before,
  exitCodeIsNotZero,
  finalNamesAreGoodBackups,
  liveDatabaseIsOneOf,
  logSaysWhy,
  lookBefore,
  nothingIsLeft,
  olderBackupsAreUntouched,
  statusSaysWhy,
} from "./invariants.ts";
import { tally } from "./tally.ts";

export interface Fault {
  /** Its name in docs/RELIABILITY.md. */
  fault: string;
  /** Provokes it during a run. @returns the result of the run */
  happen: (server: FaultServer) => Promise<CommandResult>;
  /** The exit code, if it is always the same. */
  code?: number;
  /** The reason, in the log and in the status check's report. */
  says: RegExp;
  /** The same for the status check, if its words differ; null if nothing began and nothing is wrong. */
  statusSays?: RegExp | null;
  /** Other possible contents of the live database afterwards, if the swap may have been reached. */
  mayBecome?: readonly string[];
  /** Checks the live database without the cause, if it may be missing. Else it has one of these contents. */
  live?: (before: Before, result: CommandResult) => Promise<void>;
  /** Removes the cause. */
  mend?: (server: FaultServer) => Promise<void>;
  /** Whether the status check needs the cause to be removed first. */
  mendFirst?: boolean;
}

export async function backupsAreIntact(server: FaultServer): Promise<void> {
  const audit = await server.audit();
  finalNamesAreGoodBackups(audit);
  olderBackupsAreUntouched(audit, server);
}

/** Provokes a fault and checks all promises, then and after the next run. */
export async function survive(server: FaultServer, fault: Fault): Promise<void> {
  const before = await lookBefore(server);
  const mend = async () => fault.mend?.(server);
  const result = await fault.happen(server);
  try {
    exitCodeIsNotZero(result, fault.code);
    await logSaysWhy(server, before, fault.says);
    if (fault.mendFirst) await mend();
    if (fault.statusSays !== null) await statusSaysWhy(server, fault.statusSays ?? fault.says);
    await backupsAreIntact(server);
  } finally {
    if (!fault.mendFirst) await mend();
  }
  if (fault.live === undefined) await liveDatabaseIsOneOf(server, [before.live, ...(fault.mayBecome ?? [])]);
  else await fault.live(before, result);

  const next = await server.run("backup_database");
  expect(next.stderr).toBe("");
  expect(next.code, next.stdout).toBe(0);
  await nothingIsLeft(server, before);
  await backupsAreIntact(server);
  await server.reset();
  const status = fault.statusSays === null ? [] : (["status"] as const);
  tally(fault.fault, 1, ["exit", "log", ...status, "names", "older", "live", "left"]);
}
