import { execFile, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { promisify } from "node:util";
import { messageOf } from "../../../../scripts/contract/error-text.ts";
import { hasSha256, keptFile } from "../../../local-machine/kept-file.ts";
import type { NpmFile } from "../../file.ts";

const run = promisify(execFile);

/**
 * The path of a local copy of a file out of an npm package, fetched by the person's own npm and kept in the directory
 * `cache` for the next time.
 * @throws if npm cannot fetch the package, or if package or file differ from the pinned ones.
 */
export const npmFile = (file: NpmFile, sha256: string, cache: string): Promise<string> =>
  keptFile(sha256, cache, async (temporary) => {
    const archive = await pack(file, temporary);
    const unpacked = join(temporary, "file");
    await extract(archive, `package/${file.file}`, unpacked);
    if (!(await hasSha256(unpacked, sha256)))
      throw new Error(`${name(file)} holds a ${file.file} that is not the pinned one [DBK-NODE-2]`);
    return unpacked;
  });

async function pack(file: NpmFile, directory: string): Promise<string> {
  const words = [
    "pack",
    `${file.package}@${file.version}`,
    "--json",
    "--ignore-scripts",
    "--pack-destination",
    directory,
  ];
  const { stdout } = await run("npm", words, { cwd: directory, maxBuffer: 2 ** 26 }).catch(
    (error: unknown) => {
      throw new Error(`npm could not fetch ${name(file)}: ${causeOf(error)} [DBK-NODE-2]`, { cause: error });
    },
  );
  const [packed]: { filename: string }[] = JSON.parse(stdout);
  if (!packed) throw new Error(`npm fetched nothing for ${name(file)} [DBK-NODE-2]`);
  const archive = join(directory, packed.filename.replaceAll("/", "-").replace(/^@/, ""));
  const [algorithm = ""] = file.integrity.split("-");
  const hash = createHash(algorithm);
  for await (const chunk of createReadStream(archive)) hash.update(chunk);
  if (`${algorithm}-${hash.digest("base64")}` !== file.integrity) {
    throw new Error(`${name(file)} is not the pinned one: its integrity differs [DBK-NODE-2]`);
  }
  return archive;
}

async function extract(archive: string, member: string, target: string): Promise<void> {
  const tar = spawn("tar", ["-xzOf", archive, "--", member], { stdio: ["ignore", "pipe", "ignore"] });
  const ended = new Promise<number | null>((resolve, reject) => tar.on("error", reject).on("close", resolve));
  await Promise.all([pipeline(tar.stdout, createWriteStream(target)), ended]);
  if ((await ended) !== 0) throw new Error(`tar found no ${member} in ${archive} [DBK-NODE-2]`);
}

function name(file: NpmFile): string {
  return `${file.package}@${file.version}`;
}

/** npm's message about the cause. Its last line only names its log. */
function causeOf(error: unknown): string {
  const lines = messageOf(error).trim().split("\n");
  const said = lines.filter((line) => /^npm (?:error|ERR!) (?!A complete log)/.test(line)).slice(0, 3);
  return said.length > 0 ? said.join("; ") : (lines.at(-1) ?? "");
}
