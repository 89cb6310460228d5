import { expect, test } from "vitest";
import { sshConfigText } from "../../benchmark/provisioning/road.ts";

test("an alias leads to its configured address, with known hosts checked", () => {
  const text = sshConfigText("one", { port: 2222, identityFile: "/key", knownHosts: "/known" });
  expect(text).toMatch(/^Host one\n {2}HostName 127\.0\.0\.1\n {2}Port 2222\n/);
  expect(text).toContain('  UserKnownHostsFile "/known"\n');
  expect(text).toContain("  StrictHostKeyChecking yes\n");
});
