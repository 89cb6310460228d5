/** Levenshtein's distance: how many letters must change to make `b` of `a`. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (const [i, letter] of [...a].entries()) {
    const next = [i + 1];
    for (const [j, other] of [...b].entries()) {
      const insert = (next[j] ?? 0) + 1;
      const remove = (row[j + 1] ?? 0) + 1;
      const swap = (row[j] ?? 0) + (letter === other ? 0 : 1);
      next.push(Math.min(insert, remove, swap));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}

/** The name of `known` that `word` is most likely a misspelling of, or null when none is near. */
export function nearest(word: string, known: readonly string[]): string | null {
  const plain = (name: string) => name.toLowerCase().replaceAll(/[-_]/g, "");
  const candidates = known
    .map((name) => ({ name, away: distance(plain(word), plain(name)) }))
    .filter(({ name, away }) => away <= Math.ceil(name.length / 3));
  return candidates.sort((a, b) => a.away - b.away)[0]?.name ?? null;
}
