import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Channel, Message } from "../../../../scripts/lib/notify/channel.ts";
import { type Behaviour, type Receiver, secret, startReceiver } from "./receiver.ts";

const message: Message = {
  job: "backup",
  condition: "backup",
  state: "fail",
  title: "backup on cloud.example.com",
  lines: ["shop: shop_20261122_020000.sql.gz, 12.3 MB", "blog: the container does not answer"],
};
const never = new AbortController().signal;
/** Longer than every time-out of a channel, in milliseconds. */
const patience = 12_000;

/** The contract of every channel; see `Channel`. @param make a channel that sends to this address */
export function keepsTheContract(name: string, make: (address: URL) => Channel): void {
  describe(name, () => {
    let receiver: Receiver;
    beforeEach(async () => {
      receiver = await startReceiver();
    });
    afterEach(() => receiver.close());

    /** Sends to a receiver with this behaviour. Checks that it was tried once and that no secret was revealed. */
    const sent = async (behaviour: Behaviour) => {
      const channel = make(receiver.at(behaviour));
      const delivery = await channel.send(message, never);
      expect(receiver.received()).toHaveLength(1);
      expect(JSON.stringify({ ...delivery, ...channel })).not.toContain(secret);
      return delivery;
    };

    test.each<Behaviour>(["ok", "taken", "no-content"])(
      "is told so where the receiver is %s",
      async (behaviour) => {
        expect(await sent(behaviour)).toEqual({ outcome: "delivered" });
      },
    );

    test("sends all that is to be read", async () => {
      await make(receiver.at("ok")).send(message, never);
      const [{ body = "" } = {}] = receiver.received();
      for (const text of [message.title, ...message.lines]) expect(body).toContain(text);
    });

    test.each<[Behaviour, number, number]>([
      ["busy-seconds", 115, 125],
      ["down-until", 115, 125],
      ["busy", 10, 3_600],
      ["down", 0, 0],
      ["broken", 0, 0],
      ["down-for-nonsense", 0, 0],
      ["down-for-ever", 3_600, 86_401],
    ])("says when to try again where the receiver is %s", async (behaviour, least, most) => {
      const delivery = await sent(behaviour);
      if (delivery.outcome !== "again") throw new Error(`it was ${delivery.outcome}`);
      const seconds = (delivery.at.getTime() - Date.now()) / 1000;
      expect(seconds).toBeGreaterThan(least - 2);
      expect(seconds).toBeLessThanOrEqual(most);
      expect(delivery.reason).toMatch(/429|50[03]/);
    });

    test.each<[Behaviour, string]>([
      ["missing", "404"],
      ["forbidden", "403"],
      ["wrong", "400"],
      ["moved", "302"],
      ["moved-for-good", "308"],
    ])("is refused where the receiver is %s, and goes nowhere else", async (behaviour, status) => {
      expect(await sent(behaviour)).toEqual({ outcome: "refused", reason: expect.stringContaining(status) });
    });

    test("may be tried again where the connection broke off", async () => {
      expect(await sent("cut")).toMatchObject({ outcome: "again", reason: expect.stringMatching(/\w/) });
    });

    test(
      "may be tried again where nobody listens, or there is no such name",
      async () => {
        const address = receiver.at("ok");
        receiver.close();
        const nowhere = new URL(`http://no.invalid/${secret}`);
        for (const one of [address, nowhere]) {
          const delivery = await make(one).send(message, never);
          expect(delivery).toMatchObject({ outcome: "again", reason: expect.stringMatching(/\w/) });
          expect(JSON.stringify(delivery)).not.toContain(secret);
        }
      },
      patience,
    );

    test(
      "does not wait for ever for an answer, nor for its end",
      async () => {
        expect(await sent("silent")).toMatchObject({
          outcome: "again",
          reason: expect.stringContaining("no answer"),
        });
        expect(await sent("endless")).toEqual({ outcome: "delivered" });
      },
      2 * patience,
    );

    test("ends at once when it is aborted", async () => {
      const ending = new AbortController();
      const begun = performance.now();
      const delivery = make(receiver.at("silent")).send(message, ending.signal);
      setTimeout(() => ending.abort(), 200);
      expect(await delivery).toMatchObject({ outcome: "again" });
      expect(performance.now() - begun).toBeLessThan(4_000);
      expect(await make(receiver.at("ok")).send(message, ending.signal)).toMatchObject({ outcome: "again" });
    });

    test("refuses an address that no request can be sent to", async () => {
      const delivery = await make(new URL(`ftp://127.0.0.1/${secret}`)).send(message, never);
      expect(delivery).toEqual({ outcome: "refused", reason: expect.stringMatching(/\w/) });
      expect(JSON.stringify(delivery)).not.toContain(secret);
    });

    test("accepts any text of any length", async () => {
      const lines = ["\u001b[31m <b>*bold*</b> \u0000 {{x}} \ud83d\udca5", "ä".repeat(60_000)];
      expect(await make(receiver.at("ok")).send({ ...message, lines }, never)).toEqual({
        outcome: "delivered",
      });
      expect(receiver.received()).toHaveLength(1);
    });
  });
}
