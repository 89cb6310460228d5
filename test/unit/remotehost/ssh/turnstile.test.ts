import { setImmediate } from "node:timers/promises";
import { expect, test } from "vitest";
import { turnstile } from "../../../../infra/remotehost/provider/ssh/turnstile.ts";

test("lets the given number in, and all through in order, failures too", async () => {
  const through = turnstile(3);
  const order: number[] = [];
  let inside = 0;
  let most = 0;
  const visits = Array.from({ length: 20 }, (_, number) =>
    through(async () => {
      order.push(number);
      inside += 1;
      most = Math.max(most, inside);
      await setImmediate();
      inside -= 1;
      if (number % 2 === 0) throw new Error(`visitor ${number}`);
      return number;
    }),
  );
  const outcomes = await Promise.allSettled(visits);
  expect(most).toBe(3);
  expect(order).toEqual(order.toSorted((a, b) => a - b));
  expect(outcomes.filter(({ status }) => status === "rejected")).toHaveLength(10);
});
