import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { remoteShell } from "../../../../infra/server-files/commands.ts";
import { stackPlanOf } from "../plans.ts";
import { declareUnderMocks } from "./stack-mocks.ts";

const configuration = { servers: { a: {}, b: {} }, databases: { library: {} } };
const commandsOf = async (values: object, verificationPlugin: () => Promise<boolean>) => {
  const { registrations } = await declareUnderMocks(stackPlanOf({ ...configuration, ...values }), {
    verificationPlugin,
  });
  return registrations.filter(({ type }) => type === "command:local:Command");
};

test("each server is verified over the system's ssh when anything that runs has changed", async () => {
  const [command] = await commandsOf({}, async () => true);
  expect(command?.name).toBe("a-verification");
  expect(command?.inputs.interpreter).toEqual([
    ...["sh", "-c"],
    expect.stringMatching(/^exec ssh .*-o StrictHostKeyChecking=yes .* -- a 'sh -c /),
  ]);
  // The plugin prints the command on failure, and the reason must not come after a whole script.
  expect(command?.inputs).toMatchObject({
    create: "first backup and status check of a",
    update: "first backup and status check of a",
    stdin: expect.stringContaining("/root/check_database_status.sh --quiet"),
  });
  expect(command?.ignored).toEqual([]);
  expect(command?.inputs.triggers).toEqual(
    [
      "backup-program",
      "status-program",
      "restore-program",
      "rehearse-program",
      "prune-program",
      "pin-program",
      "settings",
    ]
      .concat([
        "backup-launcher",
        "status-launcher",
        "restore-launcher",
        "rehearse-launcher",
        "prune-launcher",
        "pin-launcher",
        "cron-table",
      ])
      .map((purpose) => `sha256-of-a-${purpose}`),
  );
  expect(command?.dependencies).toEqual(expect.arrayContaining(["a-cron-table"]));
});

test("it comes after all that other servers get, and depends on none of it", async () => {
  const { registrations } = await declareUnderMocks(stackPlanOf(configuration), {
    facts: { a: { deployed: false }, b: { deployed: false } },
    verificationPlugin: async () => true,
  });
  const names = registrations.map(({ name }) => name);
  const command = names.indexOf("a-verification");
  expect(command).toBeGreaterThan(names.indexOf("b-cron-table"));
  expect(registrations[command]?.dependencies.filter((name) => name.startsWith("b"))).toEqual([]);
});

test("the local shell passes ssh the paths of the present user, and the script as its input", async () => {
  const servers = { a: { sshConfig: "~/.ssh/work", identityFile: "~/my keys/id" } };
  const [command] = await commandsOf({ servers }, async () => true);
  const [program = "", ...words] = [command?.inputs.interpreter].flat().map(String);
  const directory = mkdtempSync(join(tmpdir(), "verification-"));
  writeFileSync(join(directory, "ssh"), "#!/bin/sh\nprintf '%s\\n' \"$@\"; cat\n", { mode: 0o700 });
  const { stdout } = spawnSync(program, [...words, "a title"], {
    encoding: "utf8",
    input: "the script",
    env: { HOME: "/home/who ever", PATH: `${directory}:/usr/bin:/bin` },
  });
  rmSync(directory, { recursive: true });
  const lines = stdout.trim().split("\n");
  expect(lines).toEqual(expect.arrayContaining(["/home/who ever/.ssh/work", "/home/who ever/my keys/id"]));
  expect(lines.slice(-4)).toEqual(["--", "a", remoteShell, "the script"]);
});

test("without the plugin the commands are left out", async () => {
  expect(await commandsOf({}, async () => false)).toEqual([]);
});

test("a server may do without, and then the plugin is not asked for", async () => {
  const asked = vi.fn(async () => true);
  expect(
    (await commandsOf({ servers: { a: { verification: false }, b: {} } }, asked)).map(({ name }) => name),
  ).toEqual(["b-verification"]);
  expect(asked).toHaveBeenCalledTimes(1);
  expect(await commandsOf({ verification: false }, asked)).toEqual([]);
  expect(asked).toHaveBeenCalledTimes(1);
});

test("nothing is run on a server that is held, and what the state has of its verification stays", async () => {
  const { registrations } = await declareUnderMocks(stackPlanOf(configuration), {
    facts: { b: { problems: ["b: cron is not running"] } },
    verificationPlugin: async () => true,
  });
  const names = registrations.map(({ name }) => name);
  expect(names).toEqual(expect.arrayContaining(["a-verification", "b-cron-table", "b-readiness"]));
  const held = registrations.find(({ name }) => name === "b-verification");
  const inputs = Object.keys(held?.inputs ?? {});
  expect(held?.ignored).toEqual(expect.arrayContaining(inputs));
  const [program = "", ...words] = [held?.inputs.interpreter].flat().map(String);
  const { status, stderr } = spawnSync(program, [...words, "a title"], {
    encoding: "utf8",
    env: { PATH: process.env.PATH ?? "" },
  });
  expect({ status, stderr }).toEqual({
    status: 1,
    stderr: "b is not ready, so nothing on it can be verified [DBK-READY-1]\n",
  });
});
