import { formatBytes } from "../../../scripts/lib/base/format.ts";
import type { BenchmarkServer } from "./benchmark-server.ts";

/** What a contest's database is. */
export const placeText = ({ databaseBytes }: Pick<BenchmarkServer, "databaseBytes">): string =>
  `A database whose tables take ${formatBytes(databaseBytes)} with their indexes.`;
