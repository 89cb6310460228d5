import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { repository } from "../../../infra/local-machine/places.ts";
import { say } from "../../../infra/local-machine/steps.ts";
import type { SandboxServer } from "../sandbox-server.ts";
import { startServer } from "../server.ts";
import { createStack } from "../stack.ts";
import { type Answer, record } from "./record.ts";
import { type Run, screenOf } from "./screen.ts";
import { svgOf } from "./svg.ts";

/**
 * `npm run pictures`: what the README shows of the programs, made again from what they print on a sandbox server. The
 * server bears the name that the documents use; other names that only a sandbox has are put back to the documents'.
 */

const key = "cloud.cerveras.com";
/** Columns of the terminal: the status check's longest lines fit into it. */
const width = 144;
const folder = join(repository, "docs", "pictures");

const namesOf = ({ alias, container, dataDirectory }: SandboxServer): readonly [string, string][] => [
  [dataDirectory, "/root/curriculum_library_api-db/data"],
  [container, "curriculum_library_api-db"],
  [alias, key],
];

async function picture(
  server: SandboxServer,
  name: string,
  remote: string,
  answers: readonly Answer[],
): Promise<void> {
  const printed = await record(
    `ssh -tt -F '${server.sshConfig}' ${server.alias} '${remote}' 2>/dev/null`,
    answers,
  );
  const text = namesOf(server).reduce((before, [from, to]) => before.replaceAll(from, to), printed);
  const typed = `ssh ${answers.length > 0 ? "-t " : ""}root@${key} ${remote}`;
  const prompt: Run[] = [{ text: `$ ${typed}`, colour: null, bold: true, dim: false }];
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, `${name}.svg`), svgOf(typed, [prompt, [], ...screenOf(text, width)]));
  say(`docs/pictures/${name}.svg`);
}

async function main(): Promise<void> {
  const server = await startServer();
  const { alias, user, sshConfig, container, dataDirectory } = server;
  const databases = { curriculum_library_api: { container, dataDirectory } };
  const stack = await createStack({
    servers: [server],
    configuration: { servers: { [key]: { host: alias, user, sshConfig, databases } }, runtime: "system" },
  });
  try {
    await server.run(`ln -s ${server.node} /usr/local/bin/node`);
    await stack.pulumi(["up", "--yes", "--skip-preview"]);
    await server.run("/root/backup_database.sh");
    await server.run("/root/rehearse_restore.sh");
    await picture(server, "status", "/root/check_database_status.sh", []);
    const { stdout } = await server.run("ls -t /root/database_backups");
    const newest = /\S+\.sql\.gz/.exec(stdout)?.[0] ?? "";
    await server.psql("DELETE FROM lessons WHERE id % 2 = 0");
    const question = "Type the database's name to go on: ";
    const answers = [{ question, answer: server.database }];
    await picture(server, "restore", `/root/restore_database.sh ${newest}`, answers);
  } finally {
    await server.remove();
    stack.remove();
  }
}

await main();
