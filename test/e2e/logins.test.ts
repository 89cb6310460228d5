import { afterAll, beforeAll, expect, test } from "vitest";
import { type Deployment, prepareDeployment } from "./deployment.ts";

// Difficult login shells: they print on both streams, end no line, or set traps for names.
const bashrc = `
echo "Welcome to production"
printf 'no end of line'
echo "warning: old kernel" >&2
alias cat='cat -n'
set -u
`;

let deployment: Deployment;

beforeAll(async () => {
  deployment = await prepareDeployment({
    login: "sudo",
    jumpHost: true,
    bashrc,
    sshdOptions: ["MaxSessions 1", "PrintMotd yes"],
  });
});

afterAll(() => deployment?.remove());

test("a user with sudo, a jump host, a talking .bashrc and a single session are enough for the first up", async () => {
  const { up, onServer } = deployment;
  expect(await onServer("cat /etc/ssh/sshd_config.d/*")).toContain("PermitRootLogin no");
  expect(await up()).toMatch(/\+ \d+ created/);
  expect(await onServer("find /root/backup_database.sh /opt/database-backups ! -user root")).toBe("");
  expect(await onServer("/root/backup_database.sh && /root/check_database_status.sh")).toContain(
    "status healthy",
  );
});

test("the second up changes nothing", async () => {
  await deployment.converge("--expect-no-changes");
});
