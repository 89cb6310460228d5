/**
 * The text as one word of a POSIX shell that means nothing but itself.
 * @throws RangeError for a NUL byte, which no argument can hold.
 */
export function quote(text: string): string {
  if (text.includes("\0")) throw new RangeError("a NUL byte cannot be given to a shell");
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

const plain = /^[A-Za-z0-9_./:=@,+%-]+$/;

/**
 * `text` as one word of a POSIX shell: bare where that is safe, so that commands read as a person types them.
 * @throws RangeError for a NUL byte, which no argument can hold.
 */
export function shellWord(text: string): string {
  return plain.test(text) ? text : quote(text);
}

/** The words of a command as one line for a POSIX shell. */
export const shellCommand = (...words: string[]): string => words.map(shellWord).join(" ");
