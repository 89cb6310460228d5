import { addDatabase } from "./choice.ts";
import type { Request } from "./command-line.ts";
import type { Conversation } from "./conversation.ts";
import { withoutContainer } from "./endings.ts";
import { DeploymentError } from "./errors.ts";
import type { Preflight } from "./preflight.ts";
import type { StackFileStore } from "./stack-file-store.ts";

/** Questions that only a person can answer, asked if there is a terminal. */
export interface Asking {
  request: Request;
  talk: Conversation;
  store: StackFileStore;
}

/** Adds a database to a stack that names none. @throws DeploymentError configuration if none is given */
export async function askForDatabase({ request, talk, store: { name, file } }: Asking): Promise<void> {
  const next =
    "Name the application as Kamal's service does: --database curriculum_library_api stands for the container\n" +
    "curriculum_library_api-db and the database curriculum_library_api_production; docs/BACKUP_CONFIGURATION.md has the other ways.";
  const answer =
    talk.possible && !request.yes
      ? await talk.ask(`${name} names no database yet. ${next}\nWhich database is to be backed up? `)
      : "";
  if (answer === "")
    throw new DeploymentError("configuration", `${name} names no database [DBK-CONFIG-3]`, next);
  addDatabase(file, answer);
}

/**
 * A misspelt container looks like an application that is not deployed yet; only a person knows which it is.
 * @returns whether the application comes later, according to the user
 * @throws DeploymentError unavailable for a no
 */
export async function askForApplication(
  { request, talk, store }: Asking,
  preflights: readonly Preflight[],
  before: <T>(work: Promise<T>) => Promise<T>,
): Promise<boolean> {
  const waiting = preflights.filter((preflight) => preflight.waiting.length > 0);
  if (waiting.length === 0 || request.beforeApplication || request.yes || !talk.possible)
    return request.beforeApplication;
  const notes = waiting.flatMap((preflight) => preflight.notes.map((note) => `  ${note}\n`)).join("");
  const comesLater = await before(
    talk.confirm(`${notes}Does the application come later, so that nothing is backed up until then?`),
  );
  if (!comesLater) throw withoutContainer(waiting, store.name);
  return true;
}
