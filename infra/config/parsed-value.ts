/**
 * The value under a key of the project. Pulumi passes everything as text, JSON for all but text itself, and `pulumi
 * config set` writes `"false"` for `false`. Code that reads the file must read it in the same way.
 */
export function parsedValue(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
