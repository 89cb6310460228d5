/** Rules for values that reach a server. Each returns the problem and the valid form, or null. */
export type Rule = (text: string) => string | null;

// Room for the dot, the six characters and the tilde of the temporary file beside it (255 bytes at most).
const longestName = 240;
const longestPath = 4000;

export const pathProblem: Rule = (text) => {
  const name = text.slice(text.lastIndexOf("/") + 1);
  if (!text.startsWith("/")) return `${show(text)} is not an absolute path: begin it with /`;
  if (/\p{Cc}/u.test(text)) return `${show(text)} has a control character: remove it`;
  if (text === "/") return "/ cannot be managed: write a path below it";
  if (/\/\/|\/$/.test(text)) return `${show(text)} has an extra slash: remove it`;
  if (/(?:^|\/)\.\.?(?:\/|$)/.test(text)) return `${show(text)} has . or ..: write the path that it leads to`;
  if (Buffer.byteLength(name) > longestName) return `its last part is longer than ${longestName} bytes`;
  if (Buffer.byteLength(text) > longestPath) return `it is longer than ${longestPath} bytes`;
  return null;
};

export const modeProblem: Rule = (text) => {
  if (!/^[0-7]{4}$/.test(text)) return `${show(text)} is not a mode: write four octal digits, as in "0600"`;
  if (!text.startsWith("0")) return `${show(text)} sets the setuid, setgid or sticky bit: begin it with 0`;
  if ((Number(text.at(-1)) & 2) !== 0)
    return `${show(text)} lets everybody write: subtract 2 from its last digit`;
  return null;
};

export const accountProblem: Rule = (text) =>
  /^(?:[a-z_][a-z0-9_-]{0,31}|\d{1,10})$/.test(text)
    ? null
    : `${show(text)} is not an account: write its name or number, as in "root"`;

export const oneLineProblem: Rule = (text) =>
  /\p{Cc}/u.test(text) ? `${show(text)} has a line end or another control character: write one line` : null;

/** A value as an error message shows it; long ones cut. */
export function show(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 80 ? `${text.slice(0, 77)}…` : text;
}
