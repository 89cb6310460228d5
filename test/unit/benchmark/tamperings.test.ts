import { expect, test } from "vitest";
import { fatesText } from "../../benchmark/provisioning/tampering-trial.ts";
import { tamperingsOf } from "../../benchmark/provisioning/tamperings.ts";
import { desired } from "./small-desired-state.ts";

test("each kind hits something else", () => {
  const commands = Object.fromEntries(tamperingsOf(desired).map(({ what, command }) => [what, command]));
  expect(commands).toMatchObject({
    "changed file content": "echo '# by hand' >> /srv/notes.txt",
    "changed file mode": "chmod 0755 '/srv/it'\\''s.sh'",
    "changed directory mode": "chmod 0755 /srv/backups",
    "deleted file": "rm /srv/run.sh",
  });
  expect(commands["removed cron line"]).toContain("table=/etc/cron.d/backups\n");
  expect(commands["removed cron line"]).toContain("grep -vF '/srv/run.sh '");
});

test("a desired state without files cannot be tampered with", () => {
  expect(() => tamperingsOf({ ...desired, files: [] })).toThrow("the desired state has nothing of that kind");
});

test("what became of them reads as a sentence", () => {
  const fates = [
    { what: "a", seen: true, repaired: true },
    { what: "b", seen: false, repaired: false },
    { what: "c", seen: null, repaired: true },
  ];
  expect(fatesText(fates)).toBe("a: seen, repaired; b: not seen, not repaired; c: cannot look, repaired");
});
