import { join } from "node:path";
import { requireCommand } from "../../../infra/local-machine/debian.ts";
import { withLock } from "../../../infra/local-machine/lock.ts";
import { cacheDirectory } from "../../../infra/local-machine/places.ts";
import { type PostgresVersion, usualVersion } from "../postgres-version.ts";
import { databaseTemplate } from "./database-template.ts";
import { ensureDocker } from "./docker-daemon.ts";
import { postgresImage } from "./postgres-image.ts";
import { serverImage } from "./server-image.ts";

/** The images that a sandbox server is made of, by tag. */
export interface Images {
  server: string;
  postgres: string;
  template: string;
}

const made = new Map<PostgresVersion, Promise<Images>>();

/** Makes what sandbox servers need: Docker, OpenSSH, the images. Quick when everything is there; once per process. */
export function ensureImages(version: PostgresVersion = usualVersion()): Promise<Images> {
  const known = made.get(version);
  if (known) return known;
  const making = make(version);
  made.set(version, making);
  return making;
}

async function make(version: PostgresVersion): Promise<Images> {
  const server = await withLock(join(cacheDirectory, "set-up.lock"), async () => {
    await ensureDocker();
    await requireCommand("ssh", "openssh-client");
    return serverImage();
  });
  // A lock of its own: making another version must not hold up the servers that need none.
  return withLock(join(cacheDirectory, `set-up-postgres-${version}.lock`), async () => {
    const postgres = await postgresImage(version);
    return { server, postgres, template: await databaseTemplate(version, postgres) };
  });
}
