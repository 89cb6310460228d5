import { join } from "node:path";
import { stringify } from "yaml";
import type { DesiredState } from "./desired-state.ts";
import type { Sources } from "./sources.ts";

/** Ansible's files for a desired state, with its own modules, as its documentation recommends. */

const root = { owner: "root", group: "root" };

/** The five fields of a schedule, by the names that Ansible and pyinfra use. */
export function cronFields<Name extends string>(
  schedule: string,
  names: readonly [Name, Name, Name, Name, Name],
): Record<string, string> {
  const fields = schedule.split(" ");
  if (fields.length !== names.length) throw new Error(`“${schedule}” does not have five fields`);
  return Object.fromEntries(names.map((name, index) => [name, fields[index] ?? ""]));
}

/** The part of a path for the names of tasks and for cron's markers. */
export const entryName = (command: string): string => command.split(" ")[0]?.split("/").at(-1) ?? command;

/** A playbook for the desired state, one module call for each resource. */
export function playbookText(desired: DesiredState, sources: Pick<Sources, "of">): string {
  const { directories, files, cron } = desired;
  const cronFile = cron.path.split("/").at(-1);
  const tasks = [
    {
      name: "directories",
      "ansible.builtin.file": {
        path: "{{ item.path }}",
        state: "directory",
        mode: "{{ item.mode }}",
        ...root,
      },
      loop: directories,
    },
    {
      name: "files",
      "ansible.builtin.copy": {
        src: "{{ item.source }}",
        dest: "{{ item.path }}",
        mode: "{{ item.mode }}",
        ...root,
      },
      loop: files.map(({ path, mode }) => ({ path, mode, source: sources.of(path) })),
      loop_control: { label: "{{ item.path }}" },
    },
    {
      name: "environment of the cron table",
      "ansible.builtin.cron": {
        cron_file: cronFile,
        user: "root",
        env: true,
        name: "{{ item.name }}",
        job: "{{ item.value }}",
      },
      loop: Object.entries(cron.environment).map(([name, value]) => ({ name, value })),
    },
    {
      name: "entries of the cron table",
      "ansible.builtin.cron": {
        cron_file: cronFile,
        user: "{{ item.user }}",
        name: "{{ item.name }}",
        job: "{{ item.command }}",
        minute: "{{ item.minute }}",
        hour: "{{ item.hour }}",
        day: "{{ item.day }}",
        month: "{{ item.month }}",
        weekday: "{{ item.weekday }}",
      },
      loop: cron.entries.map(({ schedule, user, command }) => ({
        name: entryName(command),
        user,
        command,
        ...cronFields(schedule, ["minute", "hour", "day", "month", "weekday"]),
      })),
    },
  ];
  return stringify([{ hosts: "all", tasks }]);
}

/** An inventory with one server, found by an ssh_config as for a person's ssh. */
export const inventoryText = (alias: string, sshConfig: string): string =>
  `${alias} ansible_user=root ansible_ssh_common_args='-F ${sshConfig}'\n`;

/** ansible.cfg. `home` is the directory of Ansible's files, with the sockets of its connections. */
export const settingsText = (home: string): string =>
  `[defaults]\nhome = ${home}\n[ssh_connection]\ncontrol_path_dir = ${join(home, "cp")}\n`;

/** The number of changes of a run, or of a check, by its recap. @throws Error without a recap */
export function changedByAnsible(output: string): number {
  const recap = /^\S+\s+: ok=\d+\s+changed=(\d+)/m.exec(output);
  if (recap?.[1] === undefined) throw new Error(`Ansible printed no recap:\n${output}`);
  return Number(recap[1]);
}
