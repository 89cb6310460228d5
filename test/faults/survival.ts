import { expect } from "vitest";
import type { CommandResult } from "../../infra/local-machine/command.ts";
import type { FaultServer } from "./fault-server.ts";
import {
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
  /** As the page about reliability names it. */
  fault: string;
  /** Makes it happen to a run, and gives how that ended. */
  happen: (server: FaultServer) => Promise<CommandResult>;
  /** The exit code, where it is always the same. */
  code?: number;
  /** The reason, in the log and in the status check's report. */
  says: RegExp;
  /** The same for the status check, where it says it in other words. */
  statusSays?: RegExp;
  /** Other contents that the live database may have afterwards: the swap may have been reached. */
  mayBecome?: readonly string[];
  /** Takes the cause away. */
  mend?: (server: FaultServer) => Promise<void>;
  /** The status check needs the cause to be gone. */
  mendFirst?: boolean;
}

export async function backupsAreIntact(server: FaultServer): Promise<void> {
  const audit = await server.audit();
  finalNamesAreGoodBackups(audit);
  olderBackupsAreUntouched(audit, server);
}

/** Makes a fault happen and proves that every promise holds, then and after the next run. */
export async function survive(server: FaultServer, fault: Fault): Promise<void> {
  const before = await lookBefore(server);
  const mend = async () => fault.mend?.(server);
  const result = await fault.happen(server);
  try {
    exitCodeIsNotZero(result, fault.code);
    await logSaysWhy(server, before, fault.says);
    if (fault.mendFirst) await mend();
    await statusSaysWhy(server, fault.statusSays ?? fault.says);
    await backupsAreIntact(server);
  } finally {
    if (!fault.mendFirst) await mend();
  }
  await liveDatabaseIsOneOf(server, [before.live, ...(fault.mayBecome ?? [])]);

  const next = await server.run("backup_database");
  expect(next.stderr).toBe("");
  expect(next.code, next.stdout).toBe(0);
  await nothingIsLeft(server, before);
  await backupsAreIntact(server);
  await server.reset();
  tally(fault.fault, 1, ["exit", "log", "status", "names", "older", "live", "left"]);
}
