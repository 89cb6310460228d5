const headLimit = 8_192;
const tailLimit = 1_024;
const copyBegins = " FROM stdin;\n";
const copyEnds = "\n\\.\n";

const completePattern =
  /\n--\n-- PostgreSQL database dump complete\n--\n\n(?:\\unrestrict (?<token>[A-Za-z0-9]+)\n\n)?$/;

/**
 * Reads the text of a plain dump and decides at the end whether pg_dump finished it. The words "database dump complete"
 * could be in a row. So they count only at the very end and, if the dump has a \restrict token, with that token; in
 * dumps of older versions, outside a table's rows.
 */
export class DumpEndings {
  #head = "";
  #tail = "";
  #rowsBegan = -1;
  #rowsEnded = -1;
  uncompressedBytes = 0;

  /** @param text the next piece, each byte a character. */
  take(text: string): void {
    if (this.#head.length < headLimit) this.#head += text.slice(0, headLimit - this.#head.length);
    // Joining all pieces would copy the whole text.
    const alone = text.length >= tailLimit && this.#token() !== null;
    const joint = alone ? text : this.#tail + text;
    if (this.#token() === null) this.#watchRows(joint, this.uncompressedBytes - this.#tail.length);
    this.#tail = joint.slice(-tailLimit);
    this.uncompressedBytes += text.length;
  }

  isComplete(): boolean {
    const complete = completePattern.exec(this.#tail);
    if (complete === null) return false;
    const token = this.#token();
    return (
      (complete.groups?.token ?? null) === token && (token !== null || this.#rowsEnded >= this.#rowsBegan)
    );
  }

  /** `15.18 (Debian 15.18-1.pgdg120+1)`. */
  get serverVersion(): string | null {
    return /^-- Dumped from database version (.+)$/m.exec(this.#head)?.[1] ?? null;
  }

  get dumpVersion(): string | null {
    return /^-- Dumped by pg_dump version (.+)$/m.exec(this.#head)?.[1] ?? null;
  }

  #token(): string | null {
    return (
      /^--\n-- PostgreSQL database dump\n--\n\n\\restrict ([A-Za-z0-9]+)\n/.exec(this.#head)?.[1] ?? null
    );
  }

  #watchRows(text: string, offset: number): void {
    const began = text.lastIndexOf(copyBegins);
    const ended = text.lastIndexOf(copyEnds);
    if (began >= 0) this.#rowsBegan = offset + began;
    if (ended >= 0) this.#rowsEnded = offset + ended;
  }
}

/** PostgreSQL's number for a version text, as server_version_num: `15.18 (Debian …)` is 150018, `9.6.24` is 90624. */
export function versionNumber(text: string): number | null {
  const match = /^(\d+)(?:\.(\d+))?(?:\.(\d+))?/.exec(text);
  if (match === null) return null;
  const [major = 0, minor = 0, patch = 0] = match.slice(1).map((part) => Number(part ?? 0));
  return major >= 10 ? major * 10_000 + minor : major * 10_000 + minor * 100 + patch;
}
