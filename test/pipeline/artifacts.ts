import { cpSync, existsSync, mkdirSync, readdirSync, statSync } from "node:fs";
import { dirname, join, normalize, relative, sep } from "node:path";

/** The inputs of a step's action, by name. Missing ones are empty or absent. */
type Inputs = Readonly<Record<string, string>>;

/**
 * `actions/upload-artifact`, for paths without patterns: a folder gives what is in it, without its own name; a file
 * its name; several paths all that lies below the folder that they have in common.
 */
export function upload(inputs: Inputs, workspace: string, artifacts: string): void {
  const paths = (inputs.path ?? "").split("\n").filter((path) => path !== "");
  const pattern = paths.find((path) => /[*?[!]/.test(path));
  if (pattern !== undefined) throw new Error(`These tests do not know what ${pattern} uploads`);
  const found = paths.filter((path) => existsSync(join(workspace, path)));
  if (found.length === 0 && inputs["if-no-files-found"] !== "ignore")
    throw new Error(`There is no ${paths.join(", ")} to upload`);
  const artifact = join(artifacts, inputs.name ?? "");
  if (existsSync(artifact)) throw new Error(`There is an artifact ${inputs.name} already`);
  const root = rootOf(paths, workspace);
  for (const path of found)
    cpSync(join(workspace, path), join(artifact, relative(root, path)), { recursive: true });
}

/** `actions/download-artifact`: a folder for each artifact, but none for a single one or with `merge-multiple`. */
export function download(inputs: Inputs, workspace: string, artifacts: string): void {
  const { pattern = "", path = "", "merge-multiple": merged } = inputs;
  if (!/^[^*?[!{]+\*$/.test(pattern)) throw new Error(`These tests do not know what ${pattern} downloads`);
  const names = readdirSync(artifacts).filter((name) => name.startsWith(pattern.slice(0, -1)));
  const isFlat = merged === "true" || names.length === 1;
  for (const name of names) {
    const target = isFlat ? join(workspace, path) : join(workspace, path, name);
    mkdirSync(target, { recursive: true });
    cpSync(join(artifacts, name), target, { recursive: true });
  }
}

/** The folder that the names in an artifact are relative to. */
function rootOf(paths: readonly string[], workspace: string): string {
  const [first = [], ...others] = paths.map((path) => normalize(path).split(sep));
  if (others.length === 0) {
    const path = first.join(sep);
    return statSync(join(workspace, path), { throwIfNoEntry: false })?.isFile() ? dirname(path) : path;
  }
  const end = first.findIndex((part, index) => others.some((other) => other[index] !== part));
  return first.slice(0, end === -1 ? first.length : end).join(sep);
}
