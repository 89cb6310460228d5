import * as z from "zod/mini";

/** The settings that a server allows for a user's sessions. */
export const ServerFacts = z.object({
  /** As server_version_num: 150018. */
  versionNumber: z.int(),
  superuser: z.boolean(),
  /** Whether they can leave out event triggers; never before PostgreSQL 17. */
  leavesOutEventTriggers: z.boolean(),
});
export type ServerFacts = z.infer<typeof ServerFacts>;

/** Enough for a first query: settings that every supported version knows and every user may set. */
export const unknownServer: ServerFacts = {
  versionNumber: 120_000,
  superuser: false,
  leavesOutEventTriggers: false,
};

interface SessionSetting {
  value: string;
  /** The first version that knows it; an older one refuses a connection that names it. */
  since?: number;
  /** The server refuses a connection of another user that names it. */
  superuser?: true;
}

/**
 * Settings of a server, a database or a role for the application, which would make our sessions act as another role,
 * fail, wait or read other data. A connection's own settings override all three.
 */
const everySession: Readonly<Record<string, SessionSetting>> = {
  // Otherwise the session has another role's rights, and that role owns the objects it creates.
  role: { value: "none" },
  // Triggers and foreign keys would not count.
  session_replication_role: { value: "origin", superuser: true },
  // A server is often made read-only just before a restore; it stays so for all others.
  default_transaction_read_only: { value: "off" },
  default_transaction_isolation: { value: "read committed" },
  default_transaction_deferrable: { value: "off" },
  statement_timeout: { value: "0" },
  lock_timeout: { value: "0" },
  idle_in_transaction_session_timeout: { value: "0" },
  idle_session_timeout: { value: "0", since: 140_000 },
  transaction_timeout: { value: "0", since: 170_000 },
  temp_file_limit: { value: "-1", superuser: true },
  // Warnings are not needed, and errors are recognised by their code; in one language where that can be had.
  client_min_messages: { value: "error" },
  lc_messages: { value: "C", superuser: true },
  // An error that is awaited would end the session.
  exit_on_error: { value: "off" },
  // Rows that a policy hides are an error, never left out.
  row_security: { value: "off" },
  // Damaged pages are an error, never empty.
  zero_damaged_pages: { value: "off", superuser: true },
  ignore_checksum_failure: { value: "off", superuser: true },
  // How text is read and written: without array_nulls a dump's NULLs in arrays become texts.
  standard_conforming_strings: { value: "on" },
  quote_all_identifiers: { value: "off" },
  array_nulls: { value: "on" },
  // Not every kind of table can be unlogged.
  default_table_access_method: { value: "heap" },
};

/** Additional settings of one kind of session. */
export type SessionChanges = Readonly<Record<string, string | number>>;

/** The settings of a session as libpq's PGOPTIONS. Values must hold no line breaks. */
export function sessionOptions(facts: ServerFacts, changes: SessionChanges = {}): string {
  const known = Object.entries(everySession).filter(
    ([, { since, superuser }]) =>
      facts.versionNumber >= (since ?? 0) && (superuser === undefined || facts.superuser),
  );
  const settings: Record<string, string | number> = {
    ...Object.fromEntries(known.map(([name, { value }]) => [name, value])),
    ...(facts.leavesOutEventTriggers ? withoutEventTriggers : {}),
    ...changes,
  };
  return Object.entries(settings)
    .map(([name, value]) => `-c ${name}=${String(value).replace(/[\\\s]/g, "\\$&")}`)
    .join(" ");
}

/** Those on logins, from PostgreSQL 17 on, would write into the database that is backed up. */
const withoutEventTriggers = { event_triggers: "off" };
