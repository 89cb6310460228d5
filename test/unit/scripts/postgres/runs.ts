import { type Run, runFor } from "../../../../scripts/lib/postgres/run.ts";

const output = {
  print() {},
  data() {},
  error() {},
  paint: (_: string, text: string) => text,
  interactive: false,
};

/** A run that is not interrupted and has no output. */
export const quietRun = (given: Pick<Run, "database" | "log" | "runId" | "settings"> & Partial<Run>): Run => {
  const defaults = { program: "backup_database", output, signal: new AbortController().signal };
  return runFor({ ...defaults, ...given }, given.database);
};
