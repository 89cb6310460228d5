import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";
import { remoteLoop } from "../../../../../../infra/remotehost/provider/ssh/remote-loop.ts";

const { command, programs } = remoteLoop("remotehost-0123");

test("the command is read alike by every login shell: one quoted word without escapes", () => {
  expect(command).toMatch(/^exec sh -c '[^'\\!\n]*'$/);
});

test("the programs are valid for sh", () => {
  expect(spawnSync("sh", ["-n"], { input: programs, encoding: "utf8" })).toMatchObject({
    status: 0,
    stderr: "",
  });
});

test("the marker is said to the server on standard input only", () => {
  expect(command).not.toContain("remotehost-0123");
  expect(programs).toContain("remotehost-0123");
});
