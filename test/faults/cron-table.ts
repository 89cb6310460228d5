import { createHash } from "node:crypto";
import { expect } from "vitest";
import { quote } from "../../scripts/contract/quoting.ts";
import { type FaultServer, succeed } from "./fault-server.ts";

/** A fault that makes cron ignore a table, or run something else. */
export interface TableFault {
  what: string;
  /** The name of the file in /etc/cron.d. */
  file: string;
  /** Changes the table's text. */
  text?: (table: string) => string;
  /** Shell commands that provoke it in a good table, `$1`. */
  make?: string;
  /** Whether cron ignores all other tables as well. */
  blocks?: boolean;
  /** Whether cron runs nothing of the table. */
  ignored: boolean;
}

/** An entry that runs every minute and leaves a trace. */
const entryOf = (trace: string): string => `* * * * * root touch ${trace}\n`;

export const tableFaults: readonly TableFault[] = [
  { what: "a hard link", file: "hard_link", make: "ln $1 /root/hard-link-$(basename $1)", ignored: true },
  { what: "writable by its group", file: "by_group", make: "chmod 0664 $1", ignored: true },
  { what: "writable by everybody", file: "by_all", make: "chmod 0646 $1", ignored: true },
  { what: "another user's", file: "owned", make: "chown nobody $1", ignored: true },
  { what: "named with a dot", file: "dotted.table", ignored: true },
  { what: "named like an editor's copy", file: "copied~", ignored: true },
  {
    what: "without the line end of its last line",
    file: "unended",
    text: (table) => table.trimEnd(),
    ignored: true,
  },
  {
    what: "with a line that is no entry",
    file: "no_entry",
    text: (table) => `${table}every day at two\n`,
    ignored: true,
  },
  {
    what: "with an hour that is none",
    file: "no_hour",
    text: (table) => `${table}0 25 * * * root true\n`,
    ignored: true,
  },
  {
    what: "with a user that is not there",
    file: "no_user",
    text: (table) => table.replace(" root ", " nobody_here "),
    ignored: true,
  },
  { what: "empty", file: "emptied", text: () => "", ignored: true },
  { what: "a directory", file: "directory", make: "rm $1; mkdir $1", ignored: true },
  { what: "a named pipe", file: "pipe", make: "rm $1; mkfifo $1", blocks: true, ignored: true },
  { what: "a link to nowhere", file: "dangling", make: "rm $1; ln -s /no/where $1", ignored: true },
  {
    what: "a link to another user's file",
    file: "linked",
    make: "mv $1 /root/linked; chown nobody /root/linked; ln -s /root/linked $1",
    ignored: true,
  },
  { what: "gone", file: "gone", make: "rm $1", ignored: true },
  {
    what: "with CR before its line ends",
    file: "carriage",
    text: (table) => table.replaceAll("\n", "\r\n"),
    ignored: false,
  },
  {
    what: "with its entry commented out",
    file: "commented",
    text: (table) => `# ${table}`,
    ignored: true,
  },
];

export const traces = "/opt/test/traces";
export const pathOf = ({ file }: Pick<TableFault, "file">): string => `/etc/cron.d/${file}`;

/** A table that cron accepts. */
export async function putTable({ sandbox }: FaultServer, fault: Pick<TableFault, "file">): Promise<string> {
  const table = entryOf(`${traces}/${fault.file}`);
  await sandbox.writeFile(pathOf(fault), table, "0644");
  return table;
}

/** Provokes the fault in a good table. @returns the deployed text */
export async function putFaulty(server: FaultServer, fault: TableFault): Promise<string> {
  const table = await putTable(server, fault);
  const path = pathOf(fault);
  if (fault.text !== undefined) await server.sandbox.writeFile(path, fault.text(table), "0644");
  if (fault.make !== undefined) await succeed(server.sandbox, `set -- ${quote(path)}; ${fault.make}`);
  return table;
}

export const removeTables = ({ sandbox }: FaultServer): Promise<string> =>
  succeed(
    sandbox,
    `cd /etc/cron.d && rm -rf ${tableFaults.map(({ file }) => quote(file)).join(" ")} good /root/hard-link-* /root/linked`,
  );

/** The status check of a server with this table. Only the points of the server count. */
export async function statusOf(
  server: FaultServer,
  fault: Pick<TableFault, "file">,
  table: string,
): Promise<{ code: number; schedule: string; said: string }> {
  const cronTableSha256 = createHash("sha256").update(table).digest("hex");
  const { paths, schedule } = server.settings;
  await server.configure({
    ...server.settings,
    paths: { ...paths, cronTable: pathOf(fault) },
    schedule: { ...schedule, cronTableSha256 },
  });
  const { code, stdout, stderr } = await server.run("check_database_status", "--json");
  await server.configure(server.settings);
  expect(stdout, stderr).not.toBe("");
  const point = JSON.parse(stdout).points.schedule;
  return { code, schedule: point.level, said: JSON.stringify(point.findings) };
}
