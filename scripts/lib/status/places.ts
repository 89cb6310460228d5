import type { Finding, FindingLevel, StatusReport } from "../../contract/status-report.ts";
import { isProblem, worst } from "./levels.ts";

/** A point of a database or of the server, which can become a problem and recover. */
export interface Place {
  /** `shop/backup`; `/disk` for the server's. */
  key: string;
  /** The database's name; null for the server's points. */
  database: string | null;
  /** For people: `shop: backup`. */
  name: string;
  level: FindingLevel;
  problems: Finding[];
  /** The text if there is no problem. */
  good: string;
}

/** All points of a report; the activity only if PostgreSQL reported it. */
export function placesOf({ databases, points }: Pick<StatusReport, "databases" | "points">): Place[] {
  const ofDatabases = databases.flatMap(({ name, points, activity, performance }) => [
    ...Object.entries(points).map(([point, { findings }]) => placeOf(name, point, findings)),
    ...(performance === null ? [] : [placeOf(name, "activity", activity)]),
  ]);
  const ofServer = Object.entries(points).map(([point, { findings }]) => placeOf(null, point, findings));
  return [...ofDatabases, ...ofServer];
}

function placeOf(database: string | null, point: string, findings: readonly Finding[]): Place {
  return {
    key: `${database ?? ""}/${point}`,
    database,
    name: database === null ? point : `${database}: ${point}`,
    level: worst(findings.map(({ level }) => level)),
    problems: findings.filter(isProblem),
    good: (findings.find(({ level }) => level === "ok") ?? findings[0])?.text ?? "nothing to report",
  };
}
