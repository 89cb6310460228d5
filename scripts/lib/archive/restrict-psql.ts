import { randomBytes } from "node:crypto";

const headLength = 4096;
const tailLength = 4096;
const ownRestriction = /^\\restrict [^\n]*\n/m;
const ownRelease = /\n\\unrestrict [^\n]*\n*$/;

/**
 * Takes the text of a dump that nobody vouches for and puts it under psql's `\restrict` with a key made here: psql then
 * refuses every command of its own (`\!`, `\connect`, `\copy` …). The dump's own pair at its head and end is removed,
 * because who wrote the file knows that key. With `restrict: false` only the pair is removed, for a psql that knows
 * neither. The text comes and goes in pieces, each byte a character.
 */
export class Confinement {
  readonly #restriction: string;
  #held = "";
  #headDone = false;

  constructor(restrict: boolean) {
    this.#restriction = restrict ? `\\restrict ${randomBytes(16).toString("hex")}\n` : "";
  }

  take(text: string): string {
    this.#held += text;
    if (!this.#headDone) {
      if (this.#held.length < headLength) return "";
      this.#held = this.#head();
      this.#headDone = true;
    }
    const passed = this.#held.slice(0, Math.max(0, this.#held.length - tailLength));
    this.#held = this.#held.slice(passed.length);
    return passed;
  }

  /** What is left at the dump's end. */
  end(): string {
    return (this.#headDone ? this.#held : this.#head()).replace(ownRelease, "\n");
  }

  #head(): string {
    return this.#restriction + this.#held.replace(ownRestriction, "");
  }
}
