import { parseArgs } from "node:util";
import { messageOf } from "../../scripts/contract/error-text.ts";
import { holdNumber } from "./numbers.ts";
import { type PostgresVersion, postgresVersion, postgresVersions } from "./postgres-version.ts";
import { knownServers, removeEverything, removeServer } from "./removal.ts";
import { startNumbered } from "./server.ts";
import { aliasOf, type NumberedOptions } from "./server-options.ts";
import { dockerWorks, ensureDocker, stopDaemon } from "./set-up/docker-daemon.ts";
import { sshDirectory } from "./ssh-files.ts";

const help = `Usage: npm run sandbox -- COMMAND [OPTION…]

A local server to deploy to: sshd, cron and Docker's CLI in a container, PostgreSQL in another.

Commands:
  up       start server N (default 1), in place of the one that is there
  down     remove all servers, their data and keys, and stop the Docker daemon if it was started for them;
           with --number only that server; servers of a test run that goes on stay
  status   the servers that are there

Options:
  --number N        1 to 999
  --login WHO       root (default), sudo or no-sudo
  --jump-host       reachable only through a second machine
  --database KIND   full (default), empty or none
  --postgres N      PostgreSQL's major version, ${postgresVersions[0]} to ${postgresVersions.at(-1)}
  --images          with down: remove the images as well
`;

const logins = ["root", "sudo", "no-sudo"] as const;
const databases = ["full", "empty", "none"] as const;

class UsageError extends Error {}

function oneOf<T extends string>(name: string, value: string, allowed: readonly T[]): T {
  const found = allowed.find((one) => one === value);
  if (found === undefined) throw new UsageError(`--${name} is one of ${allowed.join(", ")}, not “${value}”`);
  return found;
}

function numberOf(text: string): number {
  if (/^[1-9]\d{0,2}$/.test(text)) return Number(text);
  throw new UsageError(`--number is from 1 to 999, not “${text}”`);
}

function versionOf(text: string): PostgresVersion {
  try {
    return postgresVersion(text, "--postgres");
  } catch (error) {
    throw new UsageError(messageOf(error));
  }
}

async function up(options: NumberedOptions): Promise<void> {
  const server = await startNumbered(options);
  console.log(`ssh -F ${server.sshConfig} ${server.alias}`);
}

async function downOne(number: number): Promise<void> {
  await ensureDocker();
  if (!(await holdNumber(number))) throw new Error(`${aliasOf(number)} belongs to a process that still runs`);
  await removeServer(number);
  console.log(`${aliasOf(number)} is removed.`);
}

async function down(images: boolean): Promise<void> {
  await ensureDocker();
  const left = await removeEverything(images);
  if (left.length > 0) {
    const names = left.map(aliasOf).join(", ");
    throw new Error(`These belong to processes that still run, and stay: ${names}`);
  }
  const stopped = await stopDaemon();
  console.log(
    `The sandbox is removed${stopped ? ", and the Docker daemon that it started is stopped" : ""}.`,
  );
}

async function status(): Promise<void> {
  if (!(await dockerWorks())) throw new Error("Docker does not answer: no sandbox server runs");
  const numbers = await knownServers();
  if (numbers.length === 0) console.log("There is no sandbox server.");
  for (const number of numbers) console.log(`ssh -F ${sshDirectory(number)}/ssh_config ${aliasOf(number)}`);
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      number: { type: "string" },
      login: { type: "string", default: "root" },
      "jump-host": { type: "boolean", default: false },
      database: { type: "string", default: "full" },
      postgres: { type: "string" },
      images: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  const [command = ""] = positionals;
  if (values.help) return console.log(help);
  if (command === "up") {
    const login = oneOf("login", values.login, logins);
    const database = oneOf("database", values.database, databases);
    const number = numberOf(values.number ?? "1");
    const postgres = values.postgres === undefined ? {} : { postgres: versionOf(values.postgres) };
    return up({ number, kept: true, login, database, ...postgres, jumpHost: values["jump-host"] });
  }
  if (command === "down" && values.number !== undefined) return downOne(numberOf(values.number));
  if (command === "down") return down(values.images);
  if (command === "status") return status();
  throw new UsageError(`“${command}” is not a command`);
}

try {
  await main();
} catch (error) {
  const isUsage =
    error instanceof UsageError || (error as NodeJS.ErrnoException).code?.startsWith("ERR_PARSE_ARGS");
  console.error(messageOf(error));
  if (isUsage) console.error(`\n${help}`);
  process.exitCode = isUsage ? 64 : 1;
}
