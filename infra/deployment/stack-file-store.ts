import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { messageOf } from "../../scripts/contract/error-text.ts";
import { nearest } from "../config/nearest.ts";
import { replaceFile } from "../local-machine/atomic-file.ts";
import { DeploymentError } from "./errors.ts";
import { StackFile } from "./stack-file.ts";

/**
 * A stack's file on disk. Until the deployment is confirmed the file is unchanged and Pulumi uses a changed copy. Then
 * the file is replaced atomically.
 */
export class StackFileStore {
  /** Its file name: `Pulumi.prod.yaml`. */
  readonly name: string;
  readonly path: string;
  readonly file: StackFile;
  /** Whether the changes are on disk. */
  written = false;
  /** Null if there is no file. */
  readonly #original: string | null;
  #expected: string | null;
  readonly #stack: string;
  #directory: string | null = null;

  /** @param stack its name, with or without its organisation */
  constructor(project: string, stack: string) {
    this.#stack = stack.split("/").at(-1) ?? stack;
    this.name = `Pulumi.${this.#stack}.yaml`;
    this.path = join(project, this.name);
    this.#original = this.#read();
    this.#expected = this.#original;
    this.file = new StackFile(this.#original ?? "", this.name);
  }

  /**
   * Only a HOST creates a stack. All other choices select servers of an existing file.
   * @throws DeploymentError configuration
   */
  requireFile(): void {
    if (this.#original !== null) return;
    const others = readdirSync(dirname(this.path)).flatMap(
      (name) => /^Pulumi\.(?<stack>.+)\.yaml$/.exec(name)?.groups?.stack ?? [],
    );
    const guess = nearest(this.#stack, others);
    const next =
      guess !== null
        ? `Did you mean --stack ${guess}?`
        : others.length > 0
          ? `The stacks that have a file here: ${others.sort().join(", ")}.`
          : "Name a server in place of --all, --only or --replaces: that makes the stack.";
    const what = `there is no ${this.name}; nothing was changed [DBK-CONFIG-3]`;
    throw new DeploymentError("configuration", what, next);
  }

  /** To be called after Pulumi has created the stack, because it may have written a salt into the file. */
  stackWasCreated(): void {
    this.#expected = this.#read();
    this.file.adoptTopLevel(this.#expected ?? "");
  }

  /** To be called after a created stack was removed. Undoes Pulumi's changes of the file. */
  restore(): void {
    if (this.#read() !== this.#expected) return;
    if (this.#original === null) rmSync(this.path, { force: true });
    else if (this.#original !== this.#expected) replaceFile(this.path, this.#original);
    this.#expected = this.#original;
  }

  /** Writes a changed copy of the file for Pulumi. @returns its path */
  copy(): string {
    this.#directory ??= mkdtempSync(join(tmpdir(), "stack-file-"));
    const path = join(this.#directory, this.name);
    writeFileSync(path, this.file.text(), { mode: 0o600 });
    return path;
  }

  /** Writes the changed file. @throws DeploymentError if another program has changed it meanwhile */
  write(): void {
    const text = this.file.text();
    if (text === this.#expected) return;
    if (this.#read() !== this.#expected) {
      throw new DeploymentError(
        "configuration",
        `${this.name} was changed by somebody else meanwhile; nothing was changed [DBK-CONFIG-2]`,
        "Run the command again.",
      );
    }
    try {
      replaceFile(this.path, text);
    } catch (error) {
      throw new DeploymentError(
        "configuration",
        `${this.path} cannot be written: ${messageOf(error)}; nothing was changed [DBK-CONFIG-2]`,
        "Make it and its directory writable for you.",
        { cause: error },
      );
    }
    this.#expected = text;
    this.written = true;
  }

  dispose(): void {
    if (this.#directory !== null) rmSync(this.#directory, { recursive: true, force: true });
  }

  #read(): string | null {
    if (!existsSync(this.path)) return null;
    try {
      return readFileSync(this.path, "utf8");
    } catch (error) {
      throw new DeploymentError(
        "configuration",
        `${this.path} cannot be read: ${messageOf(error)} [DBK-CONFIG-2]`,
        "Make it readable for you.",
        { cause: error },
      );
    }
  }
}
