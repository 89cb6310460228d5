import { writeSync } from "node:fs";
import { isWhole, manifestOf, publishers, run } from "./published.ts";

/** Publishes one backup in DIRECTORY with PUBLISHER, or with `finish` a crashed run's. Exits with 3 on failure. */

const { DIRECTORY: directory = "", PUBLISHER = "" } = process.env;
const publisher = publishers[PUBLISHER];
if (publisher === undefined) throw new Error("there is no such publisher");
const { begin, finish } = publisher;
process.umask(0);

async function publish(): Promise<void> {
  const own = { directory, ...run, compression: "gzip" } as const;
  const writer = await begin(own, new AbortController().signal);
  try {
    const archive = writer.archive.create();
    const roles = writer.roles.create();
    writeSync(roles, Buffer.from("roles"));
    writer.roles.keep();
    writeSync(archive, Buffer.from("arch"));
    writeSync(archive, Buffer.from("ive"));
    writer.archive.keep();
    writer.publish(manifestOf(writer));
  } catch (error) {
    writer.abandon();
    throw error;
  }
}

try {
  if (process.argv[2] === "finish") await finish({ directory, ...run }, isWhole);
  else await publish();
} catch (error) {
  if ((error as NodeJS.ErrnoException).code !== "EIO") throw error;
  process.exitCode = 3;
}
