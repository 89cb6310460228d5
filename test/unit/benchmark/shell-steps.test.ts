import { expect, test } from "vitest";
import { shellStepsText, tarText } from "../../benchmark/provisioning/shell-steps.ts";
import { desired, sources } from "./small-desired-state.ts";

test("the script logs in once for each thing", () => {
  const lines = shellStepsText(desired, sources, "/c", "one").trim().split("\n");
  expect(lines.slice(0, 3)).toEqual([
    "set -eu",
    "ssh -F /c one 'mkdir -p /srv/backups && chmod 0700 /srv/backups'",
    "ssh -F /c one 'cat > /srv/notes.txt && chmod 0600 /srv/notes.txt' < /files/srv/notes.txt",
  ]);
  expect(lines.at(-1)).toBe(
    "ssh -F /c one 'cat > /etc/cron.d/backups && chmod 0644 /etc/cron.d/backups' < /files/etc/cron.d/backups",
  );
  expect(lines).toHaveLength(1 + 1 + 3 + 1);
});

test("the archive has everything and goes through one login", () => {
  const { apply, check } = tarText(desired, sources, "/c", "one");
  expect(apply).toMatch(/^tar -c -C \/files .* srv\/backups srv\/notes\.txt .* etc\/cron\.d\/backups \| ssh/);
  expect(apply).toMatch(/ \| ssh -F \/c one 'tar -x -p -C \/ -f -'$/);
  expect(check).toMatch(/ \| ssh -F \/c one 'tar -d -C \/ -f -'$/);
});
