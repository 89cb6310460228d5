import { beforeEach, describe, expect, test } from "vitest";
import type { RunRecord } from "../../../../scripts/contract/run-record.ts";
import { ProgramError } from "../../../../scripts/lib/base/errors.ts";
import { ExitCode } from "../../../../scripts/lib/base/exit-codes.ts";
import { type RecordingContext, recorded } from "../../../../scripts/lib/history/recording.ts";
import { settings } from "../status/observations.ts";
import { inMemory, type Memory } from "./in-memory.ts";

let memory: Memory;
let said: string[];
let context: RecordingContext;
beforeEach(() => {
  memory = { months: new Map(), newest: "", broken: false };
  said = [];
  const say = (where: string) => (text: string) => void said.push(`${where}: ${text}`);
  context = {
    settings,
    runId: "run",
    log: {
      ...{ runId: "run", problem: null, close: () => {} },
      event: (level, database, text) => say(`shown ${level} ${database}`)(text),
      record: (level, database, text) => say(`${level} ${database}`)(text),
    },
    output: {
      ...{ print: say("print"), data: say("data"), error: say("error") },
      ...{ paint: (_, text) => text, interactive: false },
    },
  };
});

const work = { program: "backup_database", database: "shop" };
const fine = () => ({ outcome: "succeeded", exitCode: ExitCode.success, error: null, bytes: 5 }) as const;
const written = (): readonly RunRecord[] =>
  inMemory({ ...memory, broken: false }).read({ now: new Date() }).records;

describe("a run that is recorded", () => {
  test("has a beginning while it is at work, and its end afterwards", async () => {
    const result = await recorded(
      inMemory(memory),
      context,
      { ...work, file: "a.sql.gz", action: "in-place" },
      async () => {
        expect(written()).toMatchObject([{ event: "began", ended: null, outcome: null, pid: process.pid }]);
        return 7;
      },
      fine,
    );
    expect(result).toBe(7);
    const [begin, end] = written();
    expect(end).toMatchObject({ event: "ended", outcome: "succeeded", exitCode: 0, error: null, bytes: 5 });
    for (const name of ["program", "database", "runId", "began", "bootId", "pid", "file", "action"] as const)
      expect(end?.[name]).toEqual(begin?.[name]);
    expect(end?.durationSeconds).toBeGreaterThanOrEqual(0);
    expect(said).toEqual([]);
  });

  test("ends as failed with what it throws", async () => {
    const failing = () => {
      throw new ProgramError("not enough space", ExitCode.noSpace);
    };
    await expect(recorded(inMemory(memory), context, work, failing, fine)).rejects.toThrow("not enough");
    expect(written().at(-1)).toMatchObject({
      outcome: "failed",
      exitCode: 73,
      error: { kind: "noSpace", text: "not enough space" },
    });
  });

  test("continues if nothing can be recorded, and reports it once, on standard error and in the log", async () => {
    memory.broken = true;
    expect(await recorded(inMemory(memory), context, work, () => 7, fine)).toBe(7);
    const why = "this run cannot be recorded: Error: the memory is broken [DBK-RECORD-2]";
    expect(said).toEqual([`warning shop: ${why}`, `error: ${why}`]);
  });

  test("leaves its end where only its beginning could not be written", async () => {
    memory.broken = true;
    const mending = () => {
      memory.broken = false;
    };
    await recorded(inMemory(memory), context, work, mending, fine);
    expect(written()).toMatchObject([{ event: "ended", outcome: "succeeded" }]);
  });
});
