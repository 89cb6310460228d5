/**
 * The variable that limits the program to some servers: their keys, separated by commas. It belongs to a run with
 * --target for exactly these. No other server, up or down, is contacted then.
 */
export const chosenServersVariable = "DATABASE_BACKUPS_SERVERS";

/** The chosen keys; null for all. */
export function chosenServers(environment: Readonly<Record<string, string | undefined>>): string[] | null {
  const text = environment[chosenServersVariable] ?? "";
  return text === "" ? null : text.split(",");
}
