import { expect, test } from "vitest";
import { endAll } from "../../benchmark/endings.ts";

test("everything is ended, the last one first, also where one fails", async () => {
  const ended: string[] = [];
  const ends = [
    () => ended.push("servers"),
    async () => {
      ended.push("link");
      throw new Error("the link has gone");
    },
    () => {
      throw new Error("the fleet has died");
    },
    async () => ended.push("stack"),
  ];
  await expect(endAll(ends)).rejects.toThrow("the fleet has died");
  expect(ended).toEqual(["stack", "link", "servers"]);
});
