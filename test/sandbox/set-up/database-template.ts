import { readFileSync } from "node:fs";
import { join } from "node:path";
import { step } from "../../../infra/local-machine/steps.ts";
import { databaseName, databaseUser, initialEnvironment, waitForDatabase } from "../database.ts";
import { docker, label, removeContainers, tryDocker } from "../docker.ts";
import type { PostgresVersion } from "../postgres-version.ts";
import { digest, exists } from "./images.ts";

/** Where the ready-made data directories lie in the template image: /template/empty and /template/full. */
export const templateDirectory = "/template";

const fixture = join(import.meta.dirname, "..", "fixture");
const parts = ["schema.sql", "data.sql", "grants.sql"];

/**
 * An image that holds two data directories, made once: `empty` as initdb and POSTGRES_DB leave it, `full` with the
 * fixture in it. A server gets a copy, which is much faster than initdb.
 */
export async function databaseTemplate(version: PostgresVersion, postgresImage: string): Promise<string> {
  const id = await docker(["image", "inspect", "--format", "{{.Id}}", postgresImage]);
  const scripts = parts.map((part) => readFileSync(join(fixture, part), "utf8"));
  const tag = `database-backups-sandbox/template:${digest(id, ...initialEnvironment, ...scripts)}`;
  if (await exists(tag)) return tag;
  const what = `Filling the sandbox's database of PostgreSQL ${version} from a fixed seed`;
  await step(what, `database-template-${version}`, async () => {
    const empty = await snapshot(postgresImage, "empty", ["docker-entrypoint.sh", "postgres"], "");
    const copy = 'cp -a "$1/empty" "$1/full" && exec docker-entrypoint.sh postgres';
    const full = await snapshot(
      empty,
      "full",
      ["sh", "-c", copy, "sh", templateDirectory],
      scripts.join("\n"),
    );
    await docker(["tag", full, tag]);
  });
  return tag;
}

/**
 * Runs PostgreSQL on a directory that is part of the container, runs `script`, stops it cleanly and keeps it as an
 * image.
 */
async function snapshot(image: string, directory: string, argv: string[], script: string): Promise<string> {
  const data = `${templateDirectory}/${directory}`;
  const environment = [...initialEnvironment, `PGDATA=${data}`].flatMap((entry) => ["--env", entry]);
  const [entrypoint = "", ...rest] = argv;
  const container = await docker([
    ...["run", "--detach", "--network", "none", "--label", `${label}=template`, ...environment],
    ...["--entrypoint", entrypoint, image, ...rest],
  ]);
  try {
    await waitForDatabase(container);
    const psql = [
      "exec",
      "-i",
      container,
      "psql",
      "-X",
      "-q",
      "-v",
      "ON_ERROR_STOP=1",
      "-v",
      `database=${databaseName}`,
    ];
    await docker([...psql, "-o", "/dev/null", "-U", databaseUser, "-d", databaseName], {
      input: `${script}\nCHECKPOINT;\n`,
    });
    await docker(["stop", "--time", "60", container]);
    const { stdout } = await tryDocker(["inspect", "--format", "{{.State.ExitCode}}", container]);
    if (stdout.trim() !== "0")
      throw new Error(`PostgreSQL ended with ${stdout.trim()} instead of shutting down cleanly.`);
    return await docker(["commit", "--change", `LABEL ${label}=image`, container]);
  } finally {
    await removeContainers([container]);
  }
}
