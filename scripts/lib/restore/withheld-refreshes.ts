import { Transform } from "node:stream";

const rowsEnd = "\n\\.\n";
const heading = /^-- Name: .*; Type: MATERIALIZED VIEW DATA; Schema: /;
/** pg_dump writes the statement below these lines. */
const below = ["--", ""];

/**
 * Takes the statements out of a dump's text that fill materialized views, so that one that cannot be filled does not end
 * the load. Only what stands below pg_dump's own heading is taken: a function may have such a line in its body.
 */
export class WithheldRefreshes {
  /** As they stand in the dump, in its order, each byte a character. */
  readonly statements: string[] = [];
  #rest = "";
  #inRows = false;
  /** How many lines of a heading were seen. */
  #heading = 0;

  transform(): Transform {
    return new Transform({
      transform: (chunk: Buffer, _encoding, done) => done(null, this.#take(chunk.toString("latin1"))),
      flush: (done) => done(null, Buffer.from(this.#rest, "latin1")),
    });
  }

  #take(text: string): Buffer {
    const passed: string[] = [];
    let rest = this.#rest + text;
    for (;;) {
      const mark = this.#inRows ? rowsEnd : "\n";
      const end = rest.indexOf(mark);
      if (end < 0) break;
      const next = end + mark.length;
      if (this.#inRows) {
        passed.push(rest.slice(0, next));
        this.#inRows = false;
      } else {
        const line = rest.slice(0, end);
        const withheld = this.#withholds(line);
        if (withheld) this.statements.push(line);
        // The lines keep their numbers.
        passed.push(withheld ? "\n" : rest.slice(0, next));
        if (line.startsWith("COPY ") && line.endsWith(" FROM stdin;")) {
          // An empty table's rows end at once.
          this.#inRows = true;
          rest = rest.slice(end);
          passed.push(passed.pop()?.slice(0, -1) ?? "");
          continue;
        }
      }
      rest = rest.slice(next);
    }
    if (this.#inRows && rest.length >= rowsEnd.length) {
      const kept = rest.length - rowsEnd.length + 1;
      passed.push(rest.slice(0, kept));
      rest = rest.slice(kept);
    }
    this.#rest = rest;
    return Buffer.from(passed.join(""), "latin1");
  }

  #withholds(line: string): boolean {
    const seen = this.#heading;
    this.#heading = heading.test(line) ? 1 : seen > 0 && line === below[seen - 1] ? seen + 1 : 0;
    return seen === below.length + 1 && line.startsWith("REFRESH MATERIALIZED VIEW ") && line.endsWith(";");
  }
}
