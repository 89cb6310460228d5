import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { execute, succeed } from "../../../infra/local-machine/command.ts";
import { changedByAnsible, inventoryText, playbookText, settingsText, type Tuning } from "./playbook.ts";
import { pythonTools } from "./python-tools.ts";
import { writeSources } from "./sources.ts";
import type { Job, Tool } from "./tool.ts";

export const ansibleNames = {
  usual: "Ansible",
  tuned: "Ansible, pipelining + ControlPersist",
} as const;

const notes = {
  usual: `ansible-core ${pythonTools["ansible-core"]} as it comes: a module is sent and run for each thing, facts are gathered, one login. Needs Python on the server.`,
  tuned:
    "The same playbook with pipelining, a connection that is kept for ten minutes, and without facts, which it does not use. Each run begins without a connection.",
};

/** Ansible with a playbook for the desired state; `commands` is the directory with ansible-playbook. */
export function ansible({ server, road, desired, directory }: Job, commands: string, tuning: Tuning): Tool {
  const file = (name: string) => join(directory, name);
  const home = file("home");
  const sockets = join(home, "cp");
  mkdirSync(sockets, { recursive: true });
  const sources = writeSources(file("files"), desired);
  writeFileSync(file("playbook.yml"), playbookText(desired, sources, tuning));
  writeFileSync(file("inventory"), inventoryText(road.alias, road.sshConfig));
  writeFileSync(file("ansible.cfg"), settingsText(home, tuning));
  const env = { ...process.env, ANSIBLE_CONFIG: file("ansible.cfg"), LC_ALL: "C.UTF-8" };
  const play = async (...words: string[]) => {
    const argv = [
      join(commands, "ansible-playbook"),
      "-i",
      file("inventory"),
      ...words,
      file("playbook.yml"),
    ];
    return changedByAnsible(await succeed(argv, { env, cwd: directory })) > 0;
  };
  const kind = tuning.tuned ? "tuned" : "usual";
  return {
    name: ansibleNames[kind],
    note: notes[kind],
    server,
    road,
    apply: () => play(),
    check: () => play("--check", "--diff"),
    rest: async () => {
      for (const socket of existsSync(sockets) ? readdirSync(sockets) : [])
        await execute(["ssh", "-o", `ControlPath=${join(sockets, socket)}`, "-O", "exit", road.alias]);
    },
  };
}
