/**
 * The variable that tells the program at which servers alone it is to look: their keys, separated by commas. It belongs
 * to a run with --target for just these, and no other server, up or down, is contacted then.
 */
export const chosenServersVariable = "DATABASE_BACKUPS_SERVERS";

/** The chosen keys; null for all. */
export function chosenServers(environment: Readonly<Record<string, string | undefined>>): string[] | null {
  const text = environment[chosenServersVariable] ?? "";
  return text === "" ? null : text.split(",");
}
