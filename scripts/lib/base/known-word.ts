/** A word of a list that may grow in a later version; whoever reads one that is not in it has `otherwise`. */
export const knownWord = <const Known extends string>(
  known: readonly Known[],
  text: string,
  otherwise: NoInfer<Known>,
): Known => known.find((one) => one === text) ?? otherwise;
