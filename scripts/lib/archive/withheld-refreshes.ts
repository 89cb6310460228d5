const rowsEnd = "\n\\.\n";
const heading = /^-- Name: .*; Type: MATERIALIZED VIEW DATA; Schema: /;
/** pg_dump writes the statement below these lines. */
const below = ["--", ""];
/** No backslash, with which psql's own commands begin: the author of the file could use them outside of \restrict. */
const word = String.raw`[a-z_][a-z0-9_]*|"(?:[^"\\\x00-\x1f]|"")+"`;
const refresh = new RegExp(`^REFRESH MATERIALIZED VIEW (?<schema>${word})\\.(?<name>${word});$`);

/** A materialized view as a dump names it, each byte a character. */
export interface WithheldView {
  schema: string;
  name: string;
}

/**
 * Removes the statements that fill materialized views from a dump's text, so that a view that cannot be filled does not
 * end the load. Only a line below pg_dump's own heading is removed: a function may have such a line in its body. Any
 * other line stays.
 */
export class WithheldRefreshes {
  /** In the dump's order. */
  readonly views: WithheldView[] = [];
  #rest = "";
  #inRows = false;
  /** How many lines of a heading were seen. */
  #heading = 0;

  /** The remaining text of the next piece, each byte a character. */
  take(text: string): string {
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
        const view = this.#withheldIn(line);
        if (view !== null) this.views.push(view);
        // The lines keep their numbers.
        passed.push(view === null ? rest.slice(0, next) : "\n");
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
    return passed.join("");
  }

  /** What is left at the dump's end. */
  end(): string {
    return this.#rest;
  }

  #withheldIn(line: string): WithheldView | null {
    const seen = this.#heading;
    this.#heading = heading.test(line) ? 1 : seen > 0 && line === below[seen - 1] ? seen + 1 : 0;
    return seen === below.length + 1 ? viewFilledBy(line) : null;
  }
}

/** The view that a REFRESH statement of pg_dump fills; null for any other line. */
export function viewFilledBy(line: string): WithheldView | null {
  const { schema, name } = refresh.exec(line)?.groups ?? {};
  return schema === undefined || name === undefined ? null : { schema: bare(schema), name: bare(name) };
}

const bare = (written: string): string =>
  written.startsWith('"') ? written.slice(1, -1).replaceAll('""', '"') : written;
