import { join } from "node:path";
import { cacheDirectory } from "../cache.ts";
import { databaseTemplate } from "./database-template.ts";
import { requireCommand } from "./debian.ts";
import { ensureDocker } from "./docker-daemon.ts";
import { postgresImage, type Release, serverImage } from "./images.ts";
import { withLock } from "./lock.ts";

/** The images that a sandbox server is made of, by tag. */
export interface Images {
  server: string;
  postgres: string;
  template: string;
}

const made = new Map<Release, Promise<Images>>();

/** Makes what sandbox servers need: Docker, OpenSSH, the images. Quick when everything is there; once per process. */
export function ensureImages(release: Release = "bookworm"): Promise<Images> {
  const known = made.get(release);
  if (known) return known;
  const making = withLock(join(cacheDirectory, "set-up.lock"), async () => {
    await ensureDocker();
    await requireCommand("ssh", "openssh-client");
    const postgres = await postgresImage(release);
    return { server: await serverImage(release), postgres, template: await databaseTemplate(postgres) };
  });
  made.set(release, making);
  return making;
}
