import * as z from "zod";

/**
 * The drift report: the document that `--json` prints. `docs/drift.schema.json` is made from it. Times are UTC ISO.
 * Within version 1 there are only additions, of properties and words. Readers ignore unknown properties. They read an
 * unknown verdict as `unknown`, and count an unknown change as a change.
 */

/** A word of a list that may grow. A word that is not in the list is read as `otherwise`. */
function word<const Known extends string>(known: readonly Known[], otherwise: NoInfer<Known>) {
  const read = (text: string): Known => known.find((one) => one === text) ?? otherwise;
  return z.union([z.literal([...known]), z.string()]).transform(read);
}

export const PropertyChange = z
  .object({
    name: z.string(),
    before: z.json().describe("As it was deployed. Null: not there."),
    after: z
      .json()
      .describe("In `drift`: as it was found. In `pending`: as the program wants it. Null: not there."),
  })
  .describe("A property other than a text. What is sensitive shows as the first digits of its sha256.");
export type PropertyChange = z.infer<typeof PropertyChange>;

const place = {
  resource: z.string().describe("The resource's name in the stack, `SERVER-PURPOSE`."),
  type: z.string().describe("The resource's type, `File`, say."),
  path: z.nullable(z.string()).describe("Its path on the server, where it has one."),
  properties: z.array(PropertyChange),
  diff: z
    .nullable(z.string())
    .describe("Unified diff of a text, from `before` to `after`; never of a sensitive one."),
};

export const Drift = z.object({
  change: word(["changed", "missing", "obstructed"], "changed").describe(
    "`obstructed`: something of another type is there.",
  ),
  ...place,
  changedAt: z
    .nullable(z.iso.datetime())
    .describe("When the server last changed the file (ctime), where it is one."),
});
export type Drift = z.infer<typeof Drift>;

export const Pending = z.object({
  change: word(["create", "update", "replace", "delete"], "update"),
  ...place,
});
export type Pending = z.infer<typeof Pending>;

export const Verdict = word(["as-deployed", "drift", "unknown"], "unknown");
export type Verdict = z.infer<typeof Verdict>;

export const ServerReport = z.object({
  key: z.string().describe("The server's key in the stack configuration."),
  host: z.string(),
  deployed: z.boolean().describe("Whether the state knows anything of it."),
  verdict: Verdict.describe(
    "`unknown`: it could not be looked at; what was found all the same stands in `drift`.",
  ),
  problems: z.array(z.string()).describe("Why it could not be looked at, or is not ready for a deployment."),
  drift: z.array(Drift).describe("What was changed on the server since it was deployed."),
  pending: z
    .array(Pending)
    .describe("What the program or its configuration wants since then. It is no drift."),
});
export type ServerReport = z.infer<typeof ServerReport>;

export const DriftReport = z.object({
  version: z.literal(1),
  stack: z.nullable(z.string()).describe("Null where not even that could be found out."),
  takenAt: z.iso.datetime(),
  exitCode: z.union([z.literal(0), z.literal(1), z.literal(2)]),
  summary: z.string(),
  failures: z.array(z.string()).describe("What failed apart from the servers: Pulumi, or the program."),
  servers: z.array(ServerReport),
});
export type DriftReport = z.infer<typeof DriftReport>;

/** A failed look outweighs drift: less is known. */
export function exitCodeOf(servers: readonly ServerReport[], failures: readonly string[]): 0 | 1 | 2 {
  if (failures.length > 0 || servers.some(({ verdict }) => verdict === "unknown")) return 1;
  return servers.some(({ verdict }) => verdict === "drift") ? 2 : 0;
}

/** The whole report from its parts. */
export function makeReport(
  parts: Pick<DriftReport, "stack" | "failures" | "servers"> & { takenAt: Date },
): DriftReport {
  const { stack, failures, servers, takenAt } = parts;
  return {
    version: 1,
    stack,
    takenAt: takenAt.toISOString(),
    exitCode: exitCodeOf(servers, failures),
    summary: summaryOf(servers, failures),
    failures: [...failures],
    servers: [...servers],
  };
}

function summaryOf(servers: readonly ServerReport[], failures: readonly string[]): string {
  const count = (verdict: Verdict) => servers.filter((server) => server.verdict === verdict).length;
  const parts = [
    [count("unknown"), "could not be looked at"],
    [count("drift"), "drifted"],
    [count("as-deployed"), "as deployed"],
  ] as const;
  const said = parts.filter(([number]) => number > 0).map(([number, what]) => `${number} ${what}`);
  const pending = servers.reduce((sum, server) => sum + server.pending.length, 0);
  const total = `${servers.length} ${servers.length === 1 ? "server" : "servers"}`;
  return [
    servers.length > 0 ? `${total}: ${said.join(", ")}` : "no server was looked at",
    ...(pending > 0 ? [`${pending} pending ${pending === 1 ? "change" : "changes"}`] : []),
    ...(failures.length > 0 ? ["the report is not complete"] : []),
  ].join("; ");
}
