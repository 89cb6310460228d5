import { createHash } from "node:crypto";
import { closeSync, mkdirSync, openSync, readFileSync, readSync, renameSync, writeFileSync } from "node:fs";
import { enableCompileCache, flushCompileCache } from "node:module";
import { join, relative, resolve } from "node:path";

/**
 * Runs the plugin as one bundle, because that starts four times as fast as its sources do. The bundle's first line
 * says what it was made of; when a source or the lock file has another hash, it is made again. Several plugins may
 * start at once: a bundle appears under its name by a rename, whole.
 */

const root = resolve(import.meta.dirname, "../../..");
const folder = join(root, ".cache", "remotehost");
const bundle = join(folder, "plugin.cjs");
const millisecondsUntilIdle = 200;
const mark = "// made of ";

/** Path below the root to sha256. */
type Sources = Record<string, string>;

function sha256(path: string): string {
  return createHash("sha256")
    .update(readFileSync(join(root, path)))
    .digest("hex");
}

// Bytes that hold the first line many times over.
const headLength = 64 * 1024;

function isCurrent(): boolean {
  let file: number | undefined;
  try {
    file = openSync(bundle, "r");
    const head = Buffer.alloc(headLength);
    const text = head.toString("utf8", mark.length, readSync(file, head));
    const sources: Sources = JSON.parse(text.slice(0, text.indexOf("\n")));
    return Object.entries(sources).every(([path, hash]) => sha256(path) === hash);
  } catch {
    return false;
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

async function make(): Promise<void> {
  const { build } = await import("esbuild");
  const { metafile, outputFiles } = await build({
    entryPoints: [join(import.meta.dirname, "main.ts")],
    absWorkingDir: root,
    bundle: true,
    platform: "node",
    target: "node22",
    format: "cjs",
    minifySyntax: true,
    metafile: true,
    write: false,
    logLevel: "error",
  });
  const own = Object.keys(metafile.inputs).filter((path) => !path.startsWith("node_modules/"));
  const paths = [...own, "package-lock.json", relative(root, import.meta.filename)];
  const sources: Sources = Object.fromEntries(paths.map((path) => [path, sha256(path)]));
  const [output] = outputFiles;
  mkdirSync(folder, { recursive: true });
  const temporary = `${bundle}.${process.pid}`;
  writeFileSync(temporary, `${mark}${JSON.stringify(sources)}\n${output?.text ?? ""}`);
  renameSync(temporary, bundle);
}

if (!isCurrent()) await make();
enableCompileCache(join(folder, "compiled"));
await import(bundle);
// The engine ends its plugins by a signal, at which Node writes no cache.
setTimeout(flushCompileCache, millisecondsUntilIdle).unref();
