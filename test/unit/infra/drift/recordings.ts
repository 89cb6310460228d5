import { readFileSync } from "node:fs";
import { join } from "node:path";
import { reportOf, serversOf } from "../../../../infra/drift/investigation.ts";
import { type DriftReport, makeReport } from "../../../../infra/drift/report.ts";
import { addEvent, emptyPreview, type Preview } from "../../../../infra/drift/resource-events.ts";

/**
 * What `pulumi preview --json --refresh` said of two sandbox servers, reduced to some of the resources. `clean`:
 * nothing differs; `tampered`: web-1 was changed by hand, web-2 is down; `pending`: a mode was changed on web-1, and
 * both get another schedule and a first ping address; `sensitive`: web-2's ping address was edited; `failing`: the
 * program ends with an error, and the mode on web-1 is still changed.
 */
export type Recording = "clean" | "tampered" | "pending" | "sensitive" | "failing";

export function replay(name: Recording): Preview {
  const preview = emptyPreview();
  const text = readFileSync(join(import.meta.dirname, "recorded", `${name}.ndjson`), "utf8");
  for (const line of text.trim().split("\n")) addEvent(preview, line);
  return preview;
}

/** The report of a preview alone, without a look at the servers. web-2 of `tampered` is unreachable. */
export function reportFrom(name: Recording): DriftReport {
  const preview = replay(name);
  const servers = serversOf(preview).map((server) =>
    reportOf(server, server.problems.length > 0 ? { reached: false, problems: [] } : null),
  );
  return makeReport({
    stack: preview.stack,
    failures: preview.errors,
    servers,
    takenAt: new Date("2026-11-24T02:00:00Z"),
  });
}
