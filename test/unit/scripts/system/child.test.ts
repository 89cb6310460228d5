import { expect, test } from "vitest";
import { InterruptedError, ProgramError } from "../../../../scripts/lib/base/errors.ts";
import { ExitCode } from "../../../../scripts/lib/base/exit-codes.ts";
import { runChild } from "../../../../scripts/lib/system/child.ts";

const ended = (reason?: Error): Promise<unknown> => {
  const controller = new AbortController();
  const child = runChild("sleep", ["30"], { signal: controller.signal });
  controller.abort(reason);
  return child;
};

test("a child that is ended because another part failed fails for that part's reason", async () => {
  const lost = new ProgramError("clients could not be kept out any longer", ExitCode.unavailable);
  await expect(ended(lost)).rejects.toBe(lost);
  const signal = AbortSignal.abort(lost);
  await expect(runChild("sleep", ["30"], { signal, timeoutSeconds: 30 })).rejects.toBe(lost);
});

test("a child that is ended for no reason was ended with its run", async () => {
  await expect(ended()).rejects.toThrow(new InterruptedError("the run was ended [DBK-RECOVERY-1]"));
});

test("a child that takes too long fails with its own limit", async () => {
  const late = runChild("sleep", ["30"], { timeoutSeconds: 0.1 });
  await expect(late).rejects.toThrow("sleep gave no answer within 0.1 s");
  await expect(late).rejects.toMatchObject({ exitCode: ExitCode.unavailable });
});
