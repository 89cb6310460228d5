import { existsSync, readFileSync } from "node:fs";
import { isAbsolute } from "node:path";
import { execute, succeed } from "../../../infra/local-machine/command.ts";
import {
  type DatabaseContainer,
  databaseName,
  databaseUser,
  startContainer,
  stopDatabase,
} from "../../sandbox/database.ts";
import { postgresVersion, usualVersion } from "../../sandbox/postgres-version.ts";
import { whyNoPostgres } from "../../sandbox/set-up/postgres-image.ts";
import { ensureImages } from "../../sandbox/set-up/set-up.ts";

/**
 * Stands in for Kamal, which needs a registry, an image of an application and its own keys. What matters to a backup
 * system is the same: PostgreSQL's container comes and goes, and so do the application's connections to it. Like Kamal
 * it waits for no PostgreSQL: on an empty directory the image's temporary server answers first.
 * Usage: kamal.ts CONTAINER.json ARGUMENTS…
 */

const [file = "", ...words] = process.argv.slice(2);
const accessory = /image: postgres:(?<version>\d+)\n\s+directories:\n\s+- (?<directory>[^:\n]+):/;
const database = await configured(JSON.parse(readFileSync(file, "utf8")));

/** The container of the application's config/deploy.yml, if it exists: its directory and version. */
async function configured(usual: DatabaseContainer): Promise<DatabaseContainer> {
  if (!existsSync("config/deploy.yml")) return usual;
  const { version, directory } = accessory.exec(readFileSync("config/deploy.yml", "utf8"))?.groups ?? {};
  if (version === undefined || directory === undefined)
    throw new Error("config/deploy.yml has no accessory db");
  const wanted = postgresVersion(version, "the image");
  // If this machine cannot get the version, test/server/versions.test.ts covers it.
  const { postgres: image } = await ensureImages(
    (await whyNoPostgres(wanted)) === null ? wanted : usualVersion(),
  );
  return { ...usual, image, dataDirectory: isAbsolute(directory) ? directory : usual.dataDirectory };
}

/**
 * A client that holds a connection, uses it every second, and makes another one when it was cut off. It is asked to
 * end and never killed: PostgreSQL is the container's first process, gets the children of whoever dies, and takes one
 * that a signal ended for a crash of its own. It dies with the container, but not the note that it is to run.
 */
const application = `
  touch /tmp/application /dev/shm/application
  while test -e /tmp/application; do
    while test -e /tmp/application && echo 'SELECT 1;'; do sleep 1; done |
      PGAPPNAME=application psql -X -q -U ${databaseUser} -d ${databaseName} >/dev/null 2>&1
    sleep 1
  done
  rm /dev/shm/application`;

const inContainer = (...argv: string[]): string[] => ["docker", "exec", ...argv];

const waiting = (condition: string): string =>
  `for _ in $(seq 100); do if ${condition}; then exit 0; fi; sleep 0.1; done; exit 1`;

async function stopApplication(): Promise<void> {
  const end = `rm -f /tmp/application; ${waiting("test ! -e /dev/shm/application")}`;
  // Without a container the application does not exist.
  await execute(inContainer(database.container, "sh", "-c", end));
}

async function startApplication(): Promise<void> {
  await stopApplication();
  await succeed(inContainer("--detach", database.container, "sh", "-c", application));
  await succeed(inContainer(database.container, "sh", "-c", waiting("test -e /dev/shm/application")));
}

async function applicationRuns(): Promise<boolean> {
  return (await execute(inContainer(database.container, "test", "-e", "/tmp/application"))).code === 0;
}

const boot = async (): Promise<void> => {
  await startContainer(database);
  await startApplication();
};

const verbs: Record<string, () => Promise<void>> = {
  setup: boot,
  deploy: startApplication,
  redeploy: startApplication,
  "app boot": startApplication,
  "app start": startApplication,
  "app stop": stopApplication,
  "accessory boot db": () => startContainer(database),
  "accessory start db": () => startContainer(database),
  "accessory stop db": () => stopDatabase(database.container),
  "accessory reboot db": async () => {
    const runs = await applicationRuns();
    await stopDatabase(database.container);
    await succeed(["docker", "rm", database.container]);
    await startContainer(database);
    if (runs) await startApplication();
  },
};

const verb = verbs[words.join(" ")];
if (verb === undefined) {
  process.stderr.write(`kamal ${words.join(" ")}: this stand-in knows ${Object.keys(verbs).join(", ")}\n`);
  process.exitCode = 64;
} else {
  await verb();
}
