import { afterAll, beforeAll, expect, test } from "vitest";
import { type Deployment, prepareDeployment } from "./deployment.ts";
import { proposedChanges } from "./preview-text.ts";
import { changes, keptBody, programs, removals, type Tampering } from "./tamperings.ts";

// Our files on the server without times: type, permissions, owner, size and content.
const fingerprint = `
stat -c '%n %a' /opt
find /root/*.sh /root/backup_quick_reference.txt /root/database_backups ${programs} /opt/database-backups/config.json \
  /etc/cron.d /etc/logrotate.d -printf '%p %y %m %u %g %l\\n' | sort
find /root/*.sh /root/backup_quick_reference.txt ${programs} /opt/database-backups/config.json /etc/cron.d /etc/logrotate.d \
  -type f -exec sha256sum {} + | sort`;

let deployment: Deployment;
let deployed = "";

beforeAll(async () => {
  deployment = await prepareDeployment({});
  await deployment.converge();
  deployed = await deployment.onServer(fingerprint);
});

afterAll(() => deployment?.remove());

const rounds: [string, Tampering[]][] = [
  ["things that are changed", changes],
  ["things that are taken away", removals],
];

for (const [round, tamperings] of rounds) {
  test(`${round}: seen by the preview, mended by up`, async () => {
    for (const { command } of tamperings) await deployment.onServer(command);
    const { code, text } = await deployment.preview();
    expect(code, text).toBe(7);
    const proposed = proposedChanges(text);
    for (const { what, resource, path, operation, shown } of tamperings) {
      const change = proposed.get(`${deployment.server.alias}-${resource}`);
      expect(change?.operation, `${what}\n${text}`).toBe(operation);
      for (const part of [path, ...shown])
        expect(squeezed(change?.lines ?? ""), what).toContain(squeezed(part));
    }
    await deployment.converge();
    expect(await deployment.onServer(fingerprint)).toBe(deployed);
  });
}

test("edits by hand are kept", async () => {
  const kept = await deployment.onServer(
    `cd /opt/database-backups/replaced && stat -c %a . && grep -rl '${keptBody}' . && ls -A`,
  );
  expect(kept).toMatch(/^700$/m);
  expect(kept).toMatch(/\+root\+backup_quick_reference\.txt/);
  expect(kept).toMatch(/\+programs\+backup_database-/);
  expect(kept).toMatch(/\+etc\+logrotate\.d\+database-backups\/note/);
  expect(kept).toMatch(/\+root\+restore_database\.sh/);
  expect(kept).toMatch(/\+crontab-of-root/);
  expect(await deployment.onServer("crontab -u root -l")).toBe("5 5 * * * /usr/bin/true\n");
});

test("nothing is left to do", async () => {
  const { code, text } = await deployment.preview();
  expect(code, text).toBe(0);
});

/** Pulumi aligns its colons. */
function squeezed(text: string): string {
  return text.replaceAll(/ +/g, " ").replaceAll(" :", ":");
}
