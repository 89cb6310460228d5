import { describe, expect, test } from "vitest";
import {
  loginDeadline,
  loginFailure,
  loginTimeout,
  lostConnection,
  worthRetrying,
} from "../../../../../../infra/remotehost/provider/ssh/failure.ts";
import type { Greeting } from "../../../../../../infra/remotehost/provider/ssh/greeting.ts";
import { changedHostKey, failureCases } from "./failure-cases.ts";

const connection = { key: "k", host: "db1.example", port: 2222 };
const connecting: Greeting = { stage: "connecting" };

/** A server's banner before the login, with the words of ssh's own errors. */
const banner = `Authorised users only! Connection refused to all others; Permission denied (everybody).
Host key verification failed on 3 of our machines: call us before you accept one.
After three failures the account is locked. Your line has timed out? No route to host? Connection reset?
WARNING: UNPROTECTED PRIVATE KEY FILE users are reported. Your old password has expired.
Connection closed by request of the owner. Host key for nobody has changed.

`;
describe("ssh's messages about failed logins", () => {
  test.each(failureCases)("$kind: $stderr", ({ kind, stderr, says, retry = false }) => {
    const end = { code: 255, stderr: `${banner}${stderr}` };
    const error = loginFailure(connection, end, connecting);
    expect(error.kind).toBe(kind);
    expect(error.message).toMatch(/^db1\.example: /);
    expect(error.message).toContain(says);
    expect(worthRetrying(end, connecting)).toBe(retry);
  });

  test("a pinned key that does not match names hostKey, not known_hosts", () => {
    const { message } = loginFailure(
      { ...connection, hostKey: "ssh-rsa A" },
      { code: 255, stderr: changedHostKey },
      connecting,
    );
    expect(message).toContain("put the new key into hostKey");
    expect(message).not.toContain("ssh-keygen -f");
  });

  test("a login without a shell", () => {
    const error = loginFailure(
      connection,
      { code: 1, stderr: "This service allows sftp connections only." },
      connecting,
    );
    expect(error).toMatchObject({
      kind: "no-shell",
      message: expect.stringContaining("sftp connections only"),
    });
  });

  test("sudo that refuses", () => {
    const greeting: Greeting = { stage: "logged-in", user: "deploy", root: false };
    const error = loginFailure(connection, { code: 1, stderr: "sudo: a password is required\n" }, greeting);
    expect(error).toMatchObject({
      kind: "no-sudo",
      message: expect.stringContaining("sudo: a password is required. "),
    });
    expect(worthRetrying({ code: 1, stderr: "Connection closed by 10.0.0.1 port 22" }, greeting)).toBe(false);
  });

  test.each([
    [
      'Please login as the user "ubuntu" rather than the user "root".',
      "ubuntu",
      "ubuntu@db1.example instead of",
    ],
    ["\nPlease login as the user 'admin'…", null, ""],
    [
      'Welcome!\r\nPlease login as the user "ec2-user" rather than the user "root".\r\n',
      "ec2-user",
      "user: ec2-user",
    ],
    ['Please login as the user "NONE" rather than the user "root".', null, "Log in as a user with sudo"],
  ])("a server that wants another login: %j", (stdout, user, says) => {
    const error = loginFailure(connection, { code: 142, stderr: "", stdout }, connecting);
    expect(error.kind).toBe(says === "" ? "no-shell" : "wrong-login");
    expect(error.message).toContain(
      stdout
        .split("\n")
        .find((line) => line.startsWith("Please"))
        ?.replace(/\.?\r?$/, ""),
    );
    expect(error.message).toContain(says);
    expect(error.message.includes("@")).toBe(user !== null);
  });

  test("a login that only prints something is recognised by what it prints", () => {
    const stdout = "Last login: today\nThis account is for backups only.\n";
    const error = loginFailure(connection, { code: 1, stderr: "", stdout }, connecting);
    expect(error.message).toContain("This account is for backups only. Try by hand");
  });

  test("no ssh on this machine", () => {
    const cause = new Error("spawn ssh ENOENT");
    const error = loginFailure(connection, { code: null, stderr: "", cause }, connecting);
    expect(error).toMatchObject({ kind: "no-ssh", cause });
  });
});

test("a person can paste the command that the message names", () => {
  const place = {
    ...connection,
    user: "ops",
    identityFile: "/my keys/id",
    configFile: "/etc/it's",
    proxyJump: "bastion",
  };
  const { message } = loginTimeout(place, connecting);
  expect(message).toContain(
    `ssh -F '/etc/it'\\''s' -i '/my keys/id' -J bastion -p 2222 ops@db1.example true`,
  );
});

test.each([
  [undefined, 14],
  [3, 7],
])("a connect time-out of %s gives a login %i seconds", (connectTimeout, seconds) => {
  const place = connectTimeout === undefined ? connection : { ...connection, connectTimeout };
  expect(loginDeadline(place)).toBe(seconds);
});

test("a lost connection quotes ssh's last message", () => {
  const error = lostConnection("db1.example", {
    code: 255,
    stderr: "hello\nTimeout, server db1.example not responding.\n",
  });
  expect(error).toMatchObject({
    kind: "connection-lost",
    message: expect.stringContaining("not responding. Whether"),
  });
});
