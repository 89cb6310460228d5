import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import type { BuildOptions, Plugin } from "esbuild";
import { type ProgramName, programNames } from "./contract/programs.ts";

/** Bundles the server programs: one self-contained CommonJS file each, with the same bytes in every checkout. */

/** A bundled server program. */
export interface Bundle {
  name: ProgramName;
  /** The whole program, one CommonJS file. */
  text: string;
  /** Its path on this machine. The name has the digest. */
  file: string;
  sha256: string;
  bytes: number;
}

const repository = dirname(import.meta.dirname);

/** The inputs of a bundle. It is built again only if one of them has changed. */
interface Recipe {
  /** The sha256 of each file, by its path below the repository. */
  inputs: Record<string, string>;
  sha256: string;
}

const digest = (bytes: string | Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

const fileDigest = (root: string, path: string): string => digest(readFileSync(join(root, path)));

/** The cached bundle; null if there is none, or if one of its inputs has changed. */
function cached(root: string, directory: string, name: ProgramName): Bundle | null {
  try {
    const recipe: Recipe = JSON.parse(readFileSync(join(directory, `${name}.json`), "utf8"));
    const changed = Object.entries(recipe.inputs).some(([path, sha256]) => fileDigest(root, path) !== sha256);
    const made = bundle(directory, name, readFileSync(fileOf(directory, name, recipe.sha256), "utf8"));
    return changed || made.sha256 !== recipe.sha256 ? null : made;
  } catch {
    return null;
  }
}

/** The plugin reads the file later. The digest in the name keeps a concurrent build from replacing it. */
const fileOf = (directory: string, name: ProgramName, sha256: string): string =>
  join(directory, `${name}-${sha256.slice(0, 12)}.cjs`);

function bundle(directory: string, name: ProgramName, text: string): Bundle {
  const sha256 = digest(text);
  return { name, text, file: fileOf(directory, name, sha256), sha256, bytes: Buffer.byteLength(text) };
}

/** Writes atomically, because two previews may build at once. */
function write(path: string, text: string): void {
  const temporary = `${path}.${process.pid}`;
  writeFileSync(temporary, text);
  renameSync(temporary, path);
}

/** Milliseconds that an earlier bundle is kept: longer than any deployment that may still read it. */
const keptFor = 86_400_000;

function removeEarlier(directory: string, name: ProgramName): void {
  const own = new RegExp(`^${name}-[0-9a-f]{12}\\.cjs$`);
  const paths = readdirSync(directory).flatMap((file) => (own.test(file) ? join(directory, file) : []));
  for (const path of paths) {
    const age = Date.now() - (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Date.now());
    if (age > keptFor) rmSync(path, { force: true });
  }
}

/** Loaded only if an input has changed, because starting esbuild takes longer than reading the cache. */
const esbuild = (): typeof import("esbuild") => createRequire(import.meta.url)("esbuild");

const common = {
  bundle: true,
  platform: "node",
  target: "node24",
  legalComments: "none",
  charset: "utf8",
  write: false,
  logLevel: "silent",
} satisfies BuildOptions;

async function built(root: string, directory: string, name: ProgramName): Promise<Bundle> {
  const { text, inputs } = await joined(root, name);
  const made = bundle(directory, name, await minified(root, text));
  const paths = [...inputs, "scripts/build.ts", "tsconfig.json", "node_modules/esbuild/package.json"];
  const recipe: Recipe = {
    inputs: Object.fromEntries(paths.map((path) => [path, fileDigest(root, path)])),
    sha256: made.sha256,
  };
  mkdirSync(directory, { recursive: true });
  write(made.file, made.text);
  write(join(directory, `${name}.json`), JSON.stringify(recipe));
  removeEarlier(directory, name);
  return made;
}

/** First pass: the used parts of all sources as one module. It imports modules of Node only. */
async function joined(root: string, name: ProgramName): Promise<{ text: string; inputs: string[] }> {
  const { outputFiles, metafile } = await esbuild().build({
    ...common,
    absWorkingDir: root,
    entryPoints: [`scripts/${name}.ts`],
    format: "esm",
    metafile: true,
  });
  return { text: outputFiles[0]?.text ?? "", inputs: Object.keys(metafile.inputs) };
}

/** Second pass: that module as a minified CommonJS file. */
async function minified(root: string, text: string): Promise<string> {
  const { outputFiles } = await esbuild().build({
    ...common,
    absWorkingDir: root,
    stdin: { contents: text, loader: "js", resolveDir: root, sourcefile: "program.js" },
    format: "cjs",
    minify: true,
    // ES modules are strict; a CommonJS file needs the directive.
    banner: { js: '"use strict";' },
    plugins: [requiringOnce(importedNames(text))],
    logOverride: { "import-is-undefined": "error" },
  });
  return outputFiles[0]?.text ?? "";
}

/** The names that a program imports from each module of Node. A missing name fails the build. */
function importedNames(text: string): ReadonlyMap<string, ReadonlySet<string>> {
  const found = new Map<string, Set<string>>();
  for (const [, list = "", module = ""] of text.matchAll(/^import \{([^}]+)\} from "(node:[\w/]+)";$/gm)) {
    const names = list.split(",").map((name) => name.trim().split(" as ")[0] ?? "");
    found.set(module, new Set([...(found.get(module) ?? []), ...names]));
  }
  return found;
}

/**
 * Replaces each module of Node by a generated module that requires it once and re-exports the used names. Without it
 * esbuild requires the module once for each importing file and writes every call as `(0,fs.openSync)(`, which makes a
 * program 2 % larger.
 */
function requiringOnce(imported: ReadonlyMap<string, ReadonlySet<string>>): Plugin {
  const namespace = "node";
  const contents = (module: string): string => {
    const names = [...(imported.get(module) ?? [])].sort().join(", ");
    return `const { ${names} } = require("${module}");\nexport { ${names} };\n`;
  };
  return {
    name: "requiring-once",
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /^node:/ }, ({ path, kind }) =>
        kind === "require-call" ? { path, external: true } : { path, namespace },
      );
      onLoad({ filter: /^/, namespace }, ({ path }) => ({ contents: contents(path), loader: "js" }));
    },
  };
}

/**
 * The server programs. Only those with changed sources are built again.
 * @throws esbuild's BuildFailure if a source does not compile.
 */
export async function buildPrograms(
  root = repository,
  names: readonly ProgramName[] = programNames,
): Promise<Bundle[]> {
  const directory = join(root, ".cache", "programs");
  return Promise.all(names.map((name) => cached(root, directory, name) ?? built(root, directory, name)));
}

/** The version of a set of programs: the package's, and the beginning of a digest of all programs. */
export function programsVersion(bundles: readonly Bundle[], root = repository): string {
  const { version }: { version: string } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  return `${version}+${digest(bundles.map(({ sha256 }) => sha256).join("\n")).slice(0, 12)}`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const { file, bytes, sha256 } of await buildPrograms()) {
    console.log(`${relative(repository, file)}  ${bytes} bytes  sha256 ${sha256}`);
  }
}
