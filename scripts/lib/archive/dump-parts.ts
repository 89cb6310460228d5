const rowsEnd = "\n\\.\n";

/**
 * `line`: a line of SQL, without its end. `copy`: the line of SQL before rows. `rows`: some of a table's rows, cut
 * anywhere. `end`: the line after the last row.
 */
export interface DumpPart {
  kind: "line" | "copy" | "rows" | "end";
  text: string;
}

/**
 * Splits the text of a plain dump, which comes in pieces, into lines of SQL and rows of tables. Every character is read
 * once, however long a row is.
 */
export class DumpParts {
  /** The beginning of a line that has not ended. */
  #begun: string[] = [];
  /** The last characters of rows, in which their end mark may begin; null outside of rows. */
  #rows: string | null = null;
  /** How many of these characters do not belong to the rows: the end of the line before. */
  #foreign = 0;

  /** The parts that end in this piece of text. */
  *take(text: string): Generator<DumpPart> {
    for (let at = 0; ; ) {
      if (this.#rows !== null) {
        const rows = this.#rows + text.slice(at);
        const end = rows.indexOf(rowsEnd);
        const passed = rows.slice(0, end < 0 ? Math.max(0, rows.length - rowsEnd.length + 1) : end + 1);
        if (passed.length > this.#foreign) yield { kind: "rows", text: passed.slice(this.#foreign) };
        this.#foreign = Math.max(0, this.#foreign - passed.length);
        if (end < 0) {
          this.#rows = rows.slice(passed.length);
          return;
        }
        at += end + rowsEnd.length - this.#rows.length;
        this.#rows = null;
        yield { kind: "end", text: "\\." };
      }
      const end = text.indexOf("\n", at);
      if (end < 0) {
        this.#begun.push(text.slice(at));
        return;
      }
      const line = this.#begun.join("") + text.slice(at, end);
      this.#begun = [];
      at = end + 1;
      const copy = line.startsWith("COPY ") && line.endsWith(" FROM stdin;");
      if (copy) {
        this.#rows = "\n";
        this.#foreign = 1;
      }
      yield { kind: copy ? "copy" : "line", text: line };
    }
  }
}
