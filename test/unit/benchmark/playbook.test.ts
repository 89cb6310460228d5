import { expect, test } from "vitest";
import { parse } from "yaml";
import {
  changedByAnsible,
  cronFields,
  inventoryText,
  playbookText,
  settingsText,
} from "../../benchmark/provisioning/playbook.ts";
import { desired, sources } from "./small-desired-state.ts";

test("the playbook has a task a kind, with every thing of the desired state", () => {
  const [play] = parse(playbookText(desired, sources));
  expect(play.tasks.map(({ loop }: { loop: unknown }) => loop)).toEqual([
    [{ path: "/srv/backups", mode: "0700" }],
    [
      { path: "/srv/notes.txt", mode: "0600", source: "/files/srv/notes.txt" },
      { path: "/srv/it's.sh", mode: "0700", source: "/files/srv/it's.sh" },
      { path: "/srv/run.sh", mode: "0700", source: "/files/srv/run.sh" },
    ],
    [{ name: "SHELL", value: "/bin/sh" }],
    [
      {
        ...{ name: "run.sh", user: "root", command: "/srv/run.sh --quiet" },
        ...{ minute: "15,45", hour: "*", day: "*", month: "*", weekday: "0" },
      },
    ],
  ]);
});

test("the server is found by the ssh_config that all tools share", () => {
  expect(settingsText("/home")).toContain("control_path_dir = /home/cp\n");
  expect(inventoryText("one", "/c")).toBe("one ansible_user=root ansible_ssh_common_args='-F /c'\n");
});

test("the recap tells what was changed", () => {
  const recap = (changed: number) =>
    `PLAY RECAP ***\none                : ok=4    changed=${changed}    unreachable=0    failed=0\n`;
  expect([recap(0), recap(3)].map(changedByAnsible)).toEqual([0, 3]);
  expect(() => changedByAnsible("no hosts matched")).toThrow("printed no recap:\nno hosts matched");
});

test("a schedule of other than five fields is refused", () => {
  expect(() => cronFields("@daily", ["a", "b", "c", "d", "e"])).toThrow("“@daily” does not have five fields");
});
