import { settingsPath } from "../../../scripts/contract/settings.ts";
import { readContent } from "../../../scripts/lib/content/read-content.ts";
import { Server } from "../../../scripts/lib/postgres/server.ts";
import { readSettings } from "../../../scripts/lib/program/settings.ts";

/** Reads what the manifest of a backup says of a database's content, on the server: the part of a backup by itself. */

const [database] = readSettings(settingsPath).databases;
if (database === undefined) throw new Error(`${settingsPath} has no database`);
readContent(new Server(database, { applicationName: "database-backups/benchmark" }), "full").then(
  ({ tables }) => console.log(`${tables.length} tables`),
  (error: unknown) => {
    console.error(error);
    process.exitCode = 1;
  },
);
