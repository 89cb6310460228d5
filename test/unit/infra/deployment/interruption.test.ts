import { expect, test } from "vitest";
import { Interruption } from "../../../../infra/deployment/errors.ts";
import { orAborted } from "../../../../infra/deployment/interruption.ts";

const reason = () => new Interruption("interrupted; nothing was changed", "Run the same command again.");
const never = new Promise<never>(() => {});

test("work that ends in time gives its result, or its own failure", async () => {
  const { signal } = new AbortController();
  await expect(orAborted(Promise.resolve(1), signal, reason)).resolves.toBe(1);
  await expect(orAborted(Promise.reject(new Error("own")), signal, reason)).rejects.toThrow("own");
});

test("Ctrl-C during the work ends the waiting with the reason", async () => {
  const controller = new AbortController();
  const waiting = orAborted(never, controller.signal, reason);
  controller.abort();
  await expect(waiting).rejects.toThrow(Interruption);
});

test("after Ctrl-C the work is not awaited, and its failure is ignored", async () => {
  const work = Promise.reject(new Error("killed as well"));
  await expect(orAborted(work, AbortSignal.abort(), reason)).rejects.toThrow(Interruption);
  await expect(orAborted(never, AbortSignal.abort(), reason)).rejects.toThrow(Interruption);
});
