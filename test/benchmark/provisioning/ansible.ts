import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { succeed } from "../../../infra/local-machine/command.ts";
import { changedByAnsible, inventoryText, playbookText, settingsText } from "./playbook.ts";
import { pythonTools } from "./python-tools.ts";
import { writeSources } from "./sources.ts";
import type { Job, Tool } from "./tool.ts";

export const ansibleName = "Ansible";

/** Ansible with a playbook for the desired state; `commands` is the directory with ansible-playbook. */
export function ansible({ server, road, desired, directory }: Job, commands: string): Tool {
  const file = (name: string) => join(directory, name);
  const home = file("home");
  mkdirSync(home);
  const sources = writeSources(file("files"), desired);
  writeFileSync(file("playbook.yml"), playbookText(desired, sources));
  writeFileSync(file("inventory"), inventoryText(road.alias, road.sshConfig));
  writeFileSync(file("ansible.cfg"), settingsText(home));
  const env = { ...process.env, ANSIBLE_CONFIG: file("ansible.cfg"), LC_ALL: "C.UTF-8" };
  const play = async (...words: string[]) => {
    const inventory = ["-i", file("inventory")];
    const argv = [join(commands, "ansible-playbook"), ...inventory, ...words, file("playbook.yml")];
    return changedByAnsible(await succeed(argv, { env, cwd: directory })) > 0;
  };
  return {
    name: ansibleName,
    note: `ansible-core ${pythonTools["ansible-core"]} as it comes: a module is sent and run for each thing, facts are gathered, one login. Needs Python on the server. Pipelining, ControlPersist and no facts halve its times.`,
    server,
    road,
    apply: () => play(),
    check: () => play("--check", "--diff"),
  };
}
