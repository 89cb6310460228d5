import { expect, test } from "vitest";
import { commandProgramText } from "../../benchmark/provisioning/command-program.ts";
import { sshConfigText } from "../../benchmark/provisioning/road.ts";
import { desired, sources } from "./small-desired-state.ts";

test("an alias leads where it is told, with known hosts checked", () => {
  const text = sshConfigText("one", { port: 2222, identityFile: "/key", knownHosts: "/known" });
  expect(text).toMatch(/^Host one\n {2}HostName 127\.0\.0\.1\n {2}Port 2222\n/);
  expect(text).toContain('  UserKnownHostsFile "/known"\n');
  expect(text).toContain("  StrictHostKeyChecking yes\n");
});

test("the program of @pulumi/command copies every file and says its mode", () => {
  const text = commandProgramText(desired, sources, "/key");
  expect(text).toContain(
    '{"path":"/srv/backups","command":"mkdir -p /srv/backups && chmod 0700 /srv/backups"}',
  );
  expect(text).toContain('"source":"/files/etc/cron.d/backups","command":"chmod 0644 /etc/cron.d/backups"');
});
