import { randomUUID } from "node:crypto";
import { systemCode } from "../base/errors.ts";
import type { Channel, Delivery, Message } from "./channel.ts";
import { post } from "./ping-request.ts";

const longestText = 10_000;
const suffixes: Record<Message["state"], string> = { start: "/start", success: "", fail: "/fail" };

/**
 * A dead-man's switch: ADDRESS/start, then ADDRESS or ADDRESS/fail, as healthchecks.io and similar services take them.
 * A start has no text. Each channel belongs to one run: `rid` separates its reports from those of another running one.
 */
export function pingChannel(base: URL): Channel {
  const rid = randomUUID();
  return {
    name: base.host,
    send: ({ state, title, lines }, signal) => {
      const address = new URL(base);
      address.pathname = `${address.pathname.replace(/\/+$/, "")}${suffixes[state]}`;
      address.searchParams.set("rid", rid);
      const text = state === "start" ? "" : [title, ...lines, ""].join("\n");
      // The message of an error might hold the address.
      const refused = (error: unknown): Delivery => ({
        outcome: "refused",
        reason: systemCode(error) ?? "unknown",
      });
      return post(address, cut(text), signal).catch(refused);
    },
  };
}

const cut = (text: string): string => Buffer.from(text).subarray(0, longestText).toString();
