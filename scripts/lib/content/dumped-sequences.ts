import type { SequenceValue } from "../../contract/content.ts";
import type { NamedSequence } from "./sequences.ts";

/** Longer than the quoted names and the value of one sequence. */
const entryLimit = 2_048;

const entryMark = "; Type: ";
const rowsMark = "\\.\n";

const rowsBegin =
  /^; Type: TABLE DATA; Schema: [^\n]*\n--\n\n(?:-- load via partition root [^\n]*\n\n)?COPY /;
const value =
  /^; Type: SEQUENCE SET; Schema: [^\n]*\n--\n\nSELECT pg_catalog\.setval\((?<name>'(?:[^']|'')*'), (?<lastValue>-?\d+), (?<called>true|false)\);\n/;

/** The text that pg_dump writes for a function that was dropped before pg_dump read its arguments and result. */
const lostFunction =
  /^; Type: FUNCTION; Schema: [^\n]*\n--\n\nCREATE FUNCTION (?<name>[^\n]*)\(\) RETURNS \n {4}LANGUAGE /;

/** Copies a name out of a text. A substring would keep the whole text in memory. */
const copied = (part: string): string => Buffer.from(part, "latin1").toString("latin1");

/**
 * Reads the text of a plain dump and collects facts that only the dump has: the values of sequences, which follow no
 * snapshot and change meanwhile, and whether it lacks a function, which no lock protects.
 */
export class DumpedSequences {
  readonly #values = new Map<string, Pick<SequenceValue, "lastValue" | "isCalled">>();
  #rest = "";
  #inRows = false;
  /** A function that the dump cannot create, as named in the dump. */
  lostFunction: string | null = null;

  /** @param text the next piece, each byte a character. */
  take(text: string): void {
    // Pieces are joined only at their border: joining them all would copy the whole text.
    const joint = this.#rest + text.slice(0, entryLimit);
    const seen = this.#scan(joint, entryLimit);
    this.#rest =
      text.length <= entryLimit
        ? joint.slice(seen)
        : text.slice(this.#scan(text, entryLimit, seen - this.#rest.length));
  }

  /** Reads the rest at the dump's end. */
  end(): void {
    this.#scan(this.#rest, 0);
    this.#rest = "";
  }

  /**
   * The values of these sequences, after the dump's end.
   * @throws Error naming a sequence whose value is not in the dump.
   */
  valuesOf(sequences: readonly NamedSequence[]): SequenceValue[] {
    this.end();
    return sequences.map(({ schema, name, dumpedAs }) => {
      const dumped = this.#values.get(Buffer.from(dumpedAs, "hex").toString("latin1"));
      if (dumped === undefined) throw new Error(`its output has no value of sequence ${schema}.${name}`);
      return { schema, name, ...dumped };
    });
  }

  /** @returns the position from which the text has to be read again together with the next piece. */
  #scan(text: string, lookAhead: number, from = 0): number {
    for (let at = from; ; ) {
      const mark = this.#inRows ? rowsMark : entryMark;
      const found = text.indexOf(mark, at);
      if (found < 0) return Math.max(at, text.length - mark.length);
      if (this.#inRows) {
        // In a row a backslash is never alone, so this one's line began before it.
        this.#inRows = text[found - 1] !== "\n";
        at = found + (this.#inRows ? 1 : mark.length);
      } else {
        if (text.length - found < lookAhead) return found;
        this.#read(copied(text.slice(found, found + entryLimit)));
        at = found + mark.length;
      }
    }
  }

  #read(entry: string): void {
    this.#inRows = rowsBegin.test(entry);
    this.lostFunction ??= lostFunction.exec(entry)?.groups?.name ?? null;
    const { name, lastValue, called } = value.exec(entry)?.groups ?? {};
    if (name !== undefined && lastValue !== undefined)
      this.#values.set(name, { lastValue, isCalled: called === "true" });
  }
}
