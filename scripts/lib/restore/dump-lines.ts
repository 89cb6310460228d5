const rowsEnd = "\n\\.\n";

/**
 * Cuts the text of a plain dump, which comes in pieces, into lines, leaving out the rows of tables. Every character is
 * looked at once, however long a row is, and of rows no more is kept than their end may begin with.
 */
export class DumpLines {
  /** Of a line that has not ended. */
  #begun: string[] = [];
  /** The last characters of rows; null outside of rows. */
  #rows: string | null = null;

  /** The lines that end in this piece of text. */
  *take(text: string): Generator<string> {
    for (let at = 0; ; ) {
      if (this.#rows !== null) {
        const rows = this.#rows + text.slice(at);
        const end = rows.indexOf(rowsEnd);
        if (end < 0) {
          this.#rows = rows.slice(1 - rowsEnd.length);
          return;
        }
        at += end + rowsEnd.length - this.#rows.length;
        this.#rows = null;
      }
      const end = text.indexOf("\n", at);
      if (end < 0) {
        this.#begun.push(text.slice(at));
        return;
      }
      const line = this.#begun.join("") + text.slice(at, end);
      this.#begun = [];
      at = end + 1;
      if (line.startsWith("COPY ") && line.endsWith(" FROM stdin;")) this.#rows = "\n";
      else yield line;
    }
  }
}
