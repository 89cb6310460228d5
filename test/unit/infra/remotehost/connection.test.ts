import { spawnSync } from "node:child_process";
import { homedir } from "node:os";
import { describe, expect, test } from "vitest";
import { type Connection, sshArguments } from "../../../../infra/remotehost/connection.ts";

const key = "cloud.cerveras.com";
const hostKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAICAGkMQJk509H6V9ZxAfOhRgVaBm569tDq/rbBFxnUVL";

/** ssh's interpretation of the arguments. `-G` prints its settings without connecting. */
function settings(connection: Partial<Connection>): string[] {
  const argv = ["-G", ...sshArguments({ key, host: "example.com", configFile: "/dev/null", ...connection })];
  const { status, stdout } = spawnSync("ssh", argv, { encoding: "utf8" });
  expect(status).toBe(0);
  return stdout.split("\n");
}

describe("what ssh understands", () => {
  test("checks host keys, asks nothing, forwards nothing", () => {
    expect(settings({})).toEqual(
      expect.arrayContaining([
        "hostname example.com",
        "batchmode yes",
        "stricthostkeychecking true",
        "forwardagent no",
        "forwardx11 no",
        "connecttimeout 10",
        "requesttty false",
        "controlmaster false",
      ]),
    );
  });

  test.each([
    [{ user: "deploy" }, "user deploy"],
    [{ user: "deploy@corp.example" }, "user deploy@corp.example"],
    [{ port: 2222 }, "port 2222"],
    [{ host: "2001:db8::1" }, "hostname 2001:db8::1"],
    [{ host: "Host_1.example" }, "hostname host_1.example"],
    [{ identityFile: "/keys/id" }, "identitiesonly yes"],
    [{ proxyJump: "ops@bastion:2200,[2001:db8::2]:22" }, "proxyjump ops@bastion:2200,[2001:db8::2]:22"],
    [{ connectTimeout: 3 }, "connecttimeout 3"],
    [{ hostKey }, `knownhostscommand /bin/echo %H ${hostKey}`],
    [{ hostKey }, "userknownhostsfile /dev/null"],
    [{ hostKey }, "globalknownhostsfile /dev/null"],
  ])("%j", (connection, line) => {
    expect(settings(connection)).toContain(line);
  });
});

test("the destination is last, after the end of the options", () => {
  expect(sshArguments({ key, host: "example.com" }).slice(-2)).toEqual(["--", "example.com"]);
});

test("~ in configFile is the person's home, as ssh itself does it for identityFile", () => {
  expect(sshArguments({ key, host: "a", configFile: "~/.ssh/work" })).toContain(`${homedir()}/.ssh/work`);
});

describe("what could be taken for something else is refused", () => {
  const texts = [
    "-oProxyCommand=touch /tmp/x",
    "a b",
    "a\nb",
    "",
    "$(id)",
    "a;b",
    "`id`",
    "a'b",
    "a|b",
    "a&b",
    "a>b",
  ];
  test.each(["host", "user", "proxyJump", "hostKey"].flatMap((field) => texts.map((text) => [field, text])))(
    "%s %j",
    (field, text) => {
      const connection = { key, host: "example.com", [field]: text };
      expect(() => sshArguments(connection)).toThrow(
        expect.objectContaining({ name: "ConnectError", kind: "bad-connection", host: key }),
      );
    },
  );

  test.each([
    [{ host: "root@example.com" }],
    [{ host: "ssh://example.com" }],
    [{ port: 0 }],
    [{ port: 22.5 }],
    [{ identityFile: "-i" }],
    [{ identityFile: "a\nb" }],
    [{ configFile: "-F" }],
    [{ configFile: "/home/$(reboot)/config" }],
    [{ configFile: "/home/a b/config" }],
    [{ proxyJump: "bastion,-oProxyCommand=x" }],
    [{ proxyJump: "bastion," }],
    [{ connectTimeout: 0 }],
    [{ hostKey: `${hostKey}\n@cert-authority * ${hostKey}` }],
    [{ hostKey: "AAAAC3NzaC1lZDI1NTE5" }],
  ])("%j", (connection) => {
    const [field = ""] = Object.keys(connection);
    expect(() => sshArguments({ key, host: "example.com", ...connection })).toThrow(
      `${key}: the connection's ${field} cannot be used`,
    );
  });
});
