/** A word of a list that may grow in a later version. A word that is not in the list is read as `otherwise`. */
export const knownWord = <const Known extends string>(
  known: readonly Known[],
  text: string,
  otherwise: NoInfer<Known>,
): Known => known.find((one) => one === text) ?? otherwise;
