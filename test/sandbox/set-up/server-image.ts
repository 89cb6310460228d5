import { debianImage } from "./debian-image.ts";
import { build, digest, exists, files, repository } from "./images.ts";
import { linuxNode } from "./linux-node.ts";

/** The server's image: Debian with sshd, cron, sudo, the Docker CLI, and a Node for tests. Gives its tag. */
export async function serverImage(): Promise<string> {
  const release = "bookworm";
  const node = await linuxNode();
  const tag = `${repository}/server:${release}-${digest(node.version, ...files("server"))}`;
  if (await exists(tag)) return tag;
  const base = await debianImage(release);
  await build("the server's image", tag, "server", { BASE: base }, { node: node.path });
  return tag;
}
