import { DumpParts } from "./dump-parts.ts";

/** Splits the text of a plain dump, which comes in pieces, into lines. Rows of tables are left out. */
export class DumpLines {
  readonly #parts = new DumpParts();

  /** The lines that end in this piece of text. */
  *take(text: string): Generator<string> {
    for (const { kind, text: line } of this.#parts.take(text)) if (kind === "line") yield line;
  }
}
