/** The id of an error, at the end of its message. docs/TROUBLESHOOTING.md has a row for each. */
export type ErrorId = `[DBK-${string}-${number}]`;

/** A message with its id. A message that quotes another one keeps that one's id, because that is the cause. */
export const identified = (text: string, id: ErrorId): string =>
  /\[DBK-[A-Z]+-\d+\]/.test(text) ? text : `${text} ${id}`;
