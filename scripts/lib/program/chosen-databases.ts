import type { DatabaseSettings, Settings } from "../../contract/settings.ts";
import { UsageError } from "../base/errors.ts";

/**
 * The databases that a command line names, in the settings' order; all when it names none.
 * @throws UsageError for a name that the settings do not have.
 */
export function chosenDatabases({ databases }: Settings, names: readonly string[]): DatabaseSettings[] {
  const known = databases.map(({ name }) => name);
  const unknown = names.filter((name) => !known.includes(name));
  if (unknown.length > 0) {
    throw new UsageError(`there is no database ${unknown.join(", ")}; the settings have ${known.join(", ")}`);
  }
  return databases.filter(({ name }) => names.length === 0 || names.includes(name));
}
