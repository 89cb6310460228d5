import { writeSync } from "node:fs";
import { beginBackup, finishPublishing } from "../../../../scripts/lib/store/publisher.ts";
import { isWhole, manifestOf, run } from "./published.ts";

/**
 * A program that publishes one backup in DIRECTORY, or with `finish` what a crashed run left. It fails with status 3.
 */

const { DIRECTORY: directory = "" } = process.env;
process.umask(0);

async function publish(): Promise<void> {
  const own = { directory, ...run, compression: "gzip" } as const;
  const writer = await beginBackup(own, new AbortController().signal);
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
  if (process.argv[2] === "finish") await finishPublishing({ directory, ...run }, isWhole);
  else await publish();
} catch (error) {
  if ((error as NodeJS.ErrnoException).code !== "EIO") throw error;
  process.exitCode = 3;
}
