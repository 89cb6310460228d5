import { expect, test } from "vitest";
import {
  changedByPyinfra,
  deployText,
  pyinfraInventoryText,
} from "../../benchmark/provisioning/pyinfra-deploy.ts";
import { desired, sources } from "./small-desired-state.ts";

test("the deploy has an operation a thing", () => {
  const owner = 'user="root", group="root"';
  expect(deployText(desired, sources).split("\n")).toEqual([
    "from pyinfra.operations import crontab, files",
    "",
    `files.directory(name="/srv/backups", path="/srv/backups", mode="0700", ${owner})`,
    `files.put(name="/srv/notes.txt", src="/files/srv/notes.txt", dest="/srv/notes.txt", mode="0600", ${owner})`,
    `files.put(name="/srv/it's.sh", src="/files/srv/it's.sh", dest="/srv/it's.sh", mode="0700", ${owner})`,
    `files.put(name="/srv/run.sh", src="/files/srv/run.sh", dest="/srv/run.sh", mode="0700", ${owner})`,
    'crontab.crontab(name="run.sh", command="/srv/run.sh --quiet", user="root", cron_name="run.sh", ' +
      'minute="15,45", hour="*", day_of_month="*", month="*", day_of_week="0")',
    "",
  ]);
});

test("the inventory says how to log in", () => {
  const way = { port: 22, identityFile: "/key", knownHosts: "/known" };
  expect(pyinfraInventoryText("one", way)).toBe(
    'servers = [("one", {"ssh_hostname": "127.0.0.1", "ssh_port": 22, "ssh_user": "root", "ssh_key": "/key", ' +
      '"ssh_known_hosts_file": "/known", "ssh_strict_host_key_checking": "yes"})]\n',
  );
});

test("the table of a run tells what was changed", () => {
  const ran = (numbers: string) =>
    `    Operation   Hosts\n    a           1\n    Grand total   ${numbers}   \n\n`;
  expect(changedByPyinfra(ran("21      21        -       -"))).toBe(21);
  expect(changedByPyinfra(ran("21      -         -       21"))).toBe(0);
});

test("the table of a dry run tells what would be changed", () => {
  const planned = (...rows: string[]) =>
    `--> Detected changes:
    Operation      Change    Conditional Change   
${rows.map((row) => `    ${row}\n`).join("")}
    Detected changes may not include every change pyinfra will execute.
`;
  const same = "/srv/a         -         -                    ";
  expect(changedByPyinfra(planned(same, same))).toBe(0);
  expect(changedByPyinfra(planned(same, "/srv/b         1 (one)   -                    "))).toBe(1);
  expect(() => changedByPyinfra("No hosts remaining!")).toThrow("printed no table:\nNo hosts remaining!");
});
