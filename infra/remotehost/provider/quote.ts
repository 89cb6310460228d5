/**
 * The text as one word of a POSIX shell that means nothing but itself.
 * @throws RangeError for a NUL byte, which no argument can hold.
 */
export function quote(text: string): string {
  if (text.includes("\0")) throw new RangeError("a NUL byte cannot be given to a shell");
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
