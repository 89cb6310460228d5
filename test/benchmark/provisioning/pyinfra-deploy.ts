import type { DesiredState } from "./desired-state.ts";
import { cronFields, entryName } from "./playbook.ts";
import type { Way } from "./road.ts";
import type { Sources } from "./sources.ts";

/** pyinfra's files for a desired state, with its own operations. */

/** A value as Python. JSON of strings and numbers is Python too. */
const python = (value: string | number): string => JSON.stringify(value);

function call(operation: string, what: string, words: Readonly<Record<string, string | number>>): string {
  const named = Object.entries({ name: what, ...words }).map(([name, value]) => `${name}=${python(value)}`);
  return `${operation}(${named.join(", ")})`;
}

/**
 * A deploy that makes everything of the desired state. pyinfra knows crontabs of users and not the tables of cron.d, so
 * the entries go into root's.
 */
export function deployText({ directories, files, cron }: DesiredState, sources: Pick<Sources, "of">): string {
  const root = { user: "root", group: "root" };
  const names = ["minute", "hour", "day_of_month", "month", "day_of_week"] as const;
  const lines = [
    ...directories.map(({ path, mode }) => call("files.directory", path, { path, mode, ...root })),
    ...files.map(({ path, mode }) =>
      call("files.put", path, { src: sources.of(path), dest: path, mode, ...root }),
    ),
    ...cron.entries.map(({ schedule, user, command }) =>
      call("crontab.crontab", entryName(command), {
        command,
        user,
        cron_name: entryName(command),
        ...cronFields(schedule, names),
      }),
    ),
  ];
  return `from pyinfra.operations import crontab, files\n\n${lines.join("\n")}\n`;
}

/** An inventory with one server. pyinfra's own ssh library needs every option. */
export function pyinfraInventoryText(alias: string, { port, identityFile, knownHosts }: Way): string {
  const data = Object.entries({
    ssh_hostname: "127.0.0.1",
    ssh_port: port,
    ssh_user: "root",
    ssh_key: identityFile,
    ssh_known_hosts_file: knownHosts,
    ssh_strict_host_key_checking: "yes",
  }).map(([name, value]) => `${python(name)}: ${python(value)}`);
  return `servers = [(${python(alias)}, {${data.join(", ")}})]\n`;
}

/**
 * How many things a run changed, or would have changed, by its table. @throws Error where there is no table. A run says
 * “Success” of what it did and “No Change” of what it left.
 */
export function changedByPyinfra(output: string): number {
  const total = /^ *Grand total +\d+ +(\d+|-) /m.exec(output);
  if (total?.[1] !== undefined) return Number(total[1].replace("-", "0"));
  const [, planned] = output.split(/^ *Operation +Change +Conditional Change *$/m);
  if (planned === undefined) throw new Error(`pyinfra printed no table:\n${output}`);
  const [table = ""] = planned.trimStart().split(/\n\s*\n/);
  return table.split("\n").filter((row) => / {2,}\d+ \(.*\) {2,}/.test(row)).length;
}
