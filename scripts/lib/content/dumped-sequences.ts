import type { SequenceValue } from "../../contract/content.ts";
import type { NamedSequence } from "./sequences.ts";

/** More than the names, quoted, and the value of one sequence take. */
const entryLimit = 2_048;

const entryMark = "; Type: ";
const rowsMark = "\\.\n";

const rowsBegin =
  /^; Type: TABLE DATA; Schema: [^\n]*\n--\n\n(?:-- load via partition root [^\n]*\n\n)?COPY /;
const value =
  /^; Type: SEQUENCE SET; Schema: [^\n]*\n--\n\nSELECT pg_catalog\.setval\((?<name>'(?:[^']|'')*'), (?<lastValue>-?\d+), (?<called>true|false)\);\n/;

/** What pg_dump writes of a function that was dropped before it asked for its arguments and its result. */
const lostFunction =
  /^; Type: FUNCTION; Schema: [^\n]*\n--\n\nCREATE FUNCTION (?<name>[^\n]*)\(\) RETURNS \n {4}LANGUAGE /;

/** A part of a text would keep the whole of it in memory for as long as there is a name that was taken out of it. */
const copied = (part: string): string => Buffer.from(part, "latin1").toString("latin1");

/**
 * Watches the text of a plain dump go by and collects what only the dump knows: the sequences' values, for sequences obey
 * no snapshot and others go on counting, and whether it lacks a function, which no lock keeps.
 */
export class DumpedSequences {
  readonly #values = new Map<string, Pick<SequenceValue, "lastValue" | "isCalled">>();
  #rest = "";
  #inRows = false;
  /** A function that the dump cannot make, as it names it. */
  lostFunction: string | null = null;

  /** @param text the next piece, each byte a character. */
  take(text: string): void {
    // Only where two pieces meet they are joined: that would copy all of the text.
    const joint = this.#rest + text.slice(0, entryLimit);
    const seen = this.#scan(joint, entryLimit);
    this.#rest =
      text.length <= entryLimit
        ? joint.slice(seen)
        : text.slice(this.#scan(text, entryLimit, seen - this.#rest.length));
  }

  /** Takes what is left at the dump's end. */
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

  /** @returns from where on the text is to be looked at again together with what follows. */
  #scan(text: string, lookAhead: number, from = 0): number {
    for (let at = from; ; ) {
      const mark = this.#inRows ? rowsMark : entryMark;
      const found = text.indexOf(mark, at);
      if (found < 0) return Math.max(at, text.length - mark.length);
      if (this.#inRows) {
        // In a row a backslash is never alone: this one's line began before it.
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
