export type Colour = "red" | "green" | "yellow" | "bold" | "dim";

const codes: Record<Colour, string> = { red: "31", green: "32", yellow: "33", bold: "1", dim: "2" };

/** Whether to colour: only on a terminal, and never with NO_COLOR set (no-color.org). */
export function usesColour(
  stream: { isTTY?: boolean },
  environment: NodeJS.ProcessEnv = process.env,
): boolean {
  return stream.isTTY === true && (environment.NO_COLOR ?? "") === "" && environment.TERM !== "dumb";
}

/** A function that colours text, or leaves it alone. */
export const painter =
  (colours: boolean) =>
  (colour: Colour, text: string): string =>
    colours ? `\u001b[${codes[colour]}m${text}\u001b[0m` : text;

/**
 * Makes a text safe for the terminal. Colours and line ends are ours; any other control character may come from a name.
 */
export const printable = (text: string): string =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the beginning of a colour
  text.replace(/\u001b\[\d+m|[^\P{Cc}\n\t]/gu, (found) => (found.length > 1 ? found : "?"));
