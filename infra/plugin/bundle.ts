import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { build } from "esbuild";

/** Path below the root to sha256. */
type Sources = Record<string, string>;

const isOurs = (path: string): boolean => !/(?:^|\/)node_modules\//.test(path);

/**
 * Makes the plugin one file. Its first line says, after `mark`, of which files below `root` it was made and what their
 * sha256 was. Several plugins may start at once: a bundle appears under its name by a rename, whole.
 * @throws esbuild's BuildFailure when a source does not compile.
 */
export async function makeBundle(root: string, bundle: string, mark: string): Promise<void> {
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
  const own = Object.keys(metafile.inputs).filter(isOurs);
  const paths = [...own, "package-lock.json", relative(root, import.meta.filename)];
  const sources: Sources = Object.fromEntries(paths.map((path) => [path, sha256(join(root, path))]));
  const [output] = outputFiles;
  mkdirSync(dirname(bundle), { recursive: true });
  const temporary = `${bundle}.${process.pid}`;
  writeFileSync(temporary, `${mark}${JSON.stringify(sources)}\n${output?.text ?? ""}`);
  renameSync(temporary, bundle);
}

function sha256(path: string): string {
  return createHash("sha256").update(readFileSync(path)).digest("hex");
}
