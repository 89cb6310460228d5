import { randomBytes } from "node:crypto";

const headLength = 4096;
const tailLength = 4096;
const ownRestriction = /^\\restrict [^\n]*\n/m;
const ownRelease = /\n\\unrestrict [^\n]*\n*$/;

/**
 * Puts the text of an untrusted dump under psql's `\restrict` with a key made here: psql then refuses its own commands
 * (`\!`, `\connect`, `\copy` …). The dump's own `\restrict` and `\unrestrict` are removed, because the author of the
 * file knows that key. With `restrict: false` they are only removed, for a psql without these commands. The text comes
 * and goes in pieces, each byte a character.
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

  /** The rest at the dump's end. */
  end(): string {
    return (this.#headDone ? this.#held : this.#head()).replace(ownRelease, "\n");
  }

  #head(): string {
    return this.#restriction + this.#held.replace(ownRestriction, "");
  }
}
