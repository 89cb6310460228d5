/**
 * What stands under a key of the project. Pulumi hands everything over as text, JSON for all but text itself, and
 * `pulumi config set` writes `"false"` where `false` is meant: whoever reads the file must read that alike.
 */
export function parsedValue(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
