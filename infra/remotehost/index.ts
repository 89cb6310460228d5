export type { Connection } from "./connection.ts";
export { type CronEntry, CronTable, type CronTableArgs } from "./cron-table.ts";
export { type Declaration, declareServers } from "./declare-servers.ts";
export { Directory, type DirectoryArgs } from "./directory.ts";
export { File, type FileArgs, type NpmFile, type PinnedProgram } from "./file.ts";
export { type FoundServer, getServer } from "./get-server.ts";
export { Readiness, type ReadinessArgs } from "./readiness.ts";
