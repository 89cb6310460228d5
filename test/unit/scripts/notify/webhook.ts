import type { Channel, Delivery } from "../../../../scripts/lib/notify/channel.ts";

const again = (reason: string, seconds = 0): Delivery => ({
  outcome: "again",
  at: new Date(Date.now() + seconds * 1000),
  reason,
});
const day = 86_400;

/** A toy channel that sends a message as JSON with Node's fetch. */
export const webhook = (address: URL): Channel => ({
  name: "a webhook",
  send: async ({ title, lines, state }, signal) => {
    if (!address.protocol.startsWith("http")) return { outcome: "refused", reason: "it is no web address" };
    try {
      const response = await fetch(address, {
        ...{ method: "POST", redirect: "manual", body: JSON.stringify({ title, lines, state }) },
        signal: AbortSignal.any([signal, AbortSignal.timeout(4_000)]),
      });
      await response.body?.cancel();
      const { headers, status, ok } = response;
      if (ok) return { outcome: "delivered" };
      const reason = `it answered ${status}`;
      if (status !== 429 && status < 500) return { outcome: "refused", reason };
      const asked = headers.get("retry-after") ?? (status === 429 ? "60" : "0");
      const seconds = /^\d+$/.test(asked) ? Number(asked) : (Date.parse(asked) - Date.now()) / 1000;
      return again(reason, Math.min(Number.isNaN(seconds) ? 0 : seconds, day));
    } catch {
      return again("no answer");
    }
  },
});
