import * as z from "zod/mini";
import { knownWord } from "./known-word.ts";

/** A word of a list that may grow in a later version. A word that is not in the list is read as `otherwise`. */
export function word<const Known extends string>(known: readonly Known[], otherwise: NoInfer<Known>) {
  const read = (text: string): Known => knownWord(known, text, otherwise);
  return z.pipe(z.union([z.literal([...known]), z.string()]), z.transform(read));
}

/** A word of such a list that decides nothing. */
export const shownWord = <const Known extends string>(known: readonly Known[]) =>
  z.union([z.literal([...known]), z.string()]);
