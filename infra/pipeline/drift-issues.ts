import { createHash } from "node:crypto";
import type { Issue } from "./forge.ts";

/** The label of every issue about drift. Only issues with this label are ever changed. */
export const label = "drift";

/** The result of the nightly drift check of a stack. */
export interface Look {
  stack: string;
  /** The exit code of `npm run drift`; null if the job ended without one. */
  exitCode: number | null;
  /** Whether the report names a change. An incomplete report may name one too. */
  hasDrift: boolean;
  /** The report as Markdown; may be empty. */
  report: string;
  /** Identifies the differences of this report: text without the time of the check. */
  findings: string;
}

/** The action on one issue of the tracker. */
export type Step =
  | { kind: "open"; title: string; body: string }
  | { kind: "edit"; issue: number; title: string; body: string }
  | { kind: "comment"; issue: number; text: string }
  | { kind: "close"; issue: number };

/** The verdict on a stack. */
export type State = "none" | "drift" | "unknown" | "drift, and more unknown";

/** The first line of an issue's body: the stack, and a digest of the findings. */
const markerPattern = /^<!-- drift: (\S+) (\S+) -->$/;

const titles: Record<Exclude<State, "none">, (stack: string) => string> = {
  drift: (stack) => `Drift: servers of the stack ${stack} are not as they were deployed`,
  unknown: (stack) => `Drift: the stack ${stack} could not be looked at`,
  "drift, and more unknown": (stack) =>
    `Drift: servers of the stack ${stack} are not as they were deployed, and not all could be looked at`,
};

const changed = "Somebody or something has changed what `pulumi up` had put there. `pulumi up` puts it back.";
const unseen = "Not everything could be looked at, so nobody knows what differs there.";

const introductions: Record<Exclude<State, "none">, string> = {
  drift: changed,
  unknown: unseen,
  "drift, and more unknown": `${changed} ${unseen}`,
};

/** The steps after which each stack that is not clean has one open issue, and every other stack has none. */
export function planIssues(looks: readonly Look[], issues: readonly Issue[], run: string): Step[] {
  const marked = issues.flatMap((issue) => {
    const [, stack, digest] = markerPattern.exec(firstLine(issue.body)) ?? [];
    return stack !== undefined && digest !== undefined ? [{ ...issue, stack, digest }] : [];
  });
  const steps = looks.flatMap((look): Step[] => {
    const own = marked.filter(({ stack }) => stack === look.stack);
    const state = stateOf(look);
    if (state === "none") return own.flatMap(({ number }) => closing(number, `No drift any more: ${run}`));
    const title = titles[state](look.stack);
    const digest = digestOf(state, look.findings);
    const body = bodyOf(look, state, digest, run);
    const [first, ...others] = own;
    if (!first) return [{ kind: "open", title, body }];
    const news = `Something else now: ${run} saw what stands above.`;
    return [
      { kind: "edit", issue: first.number, title, body },
      // An edit notifies nobody, and a comment every night would be ignored.
      ...(first.digest === digest ? [] : [{ kind: "comment", issue: first.number, text: news } as const]),
      ...others.flatMap(({ number }) => closing(number, `The same as #${first.number}.`)),
    ];
  });
  const stacks = new Set(looks.map(({ stack }) => stack));
  const gone = marked.filter(({ stack }) => !stacks.has(stack));
  const farewell = (stack: string) => `There is no file Pulumi.${stack}.yaml any more: ${run}`;
  return [...steps, ...gone.flatMap(({ number, stack }) => closing(number, farewell(stack)))];
}

function closing(issue: number, text: string): Step[] {
  return [
    { kind: "comment", issue, text },
    { kind: "close", issue },
  ];
}

export function stateOf({ exitCode, hasDrift }: Look): State {
  if (exitCode === 0) return "none";
  if (exitCode === 2) return "drift";
  return hasDrift ? "drift, and more unknown" : "unknown";
}

function bodyOf(look: Look, state: Exclude<State, "none">, digest: string, run: string): string {
  const report =
    look.report.trim() || "There is no report: the job ended before there was one. Its log has the reason.";
  return [
    `<!-- drift: ${look.stack} ${digest} -->`,
    introductions[state],
    "",
    `This text is that of the last look, ${run}. The issue closes by itself when a look finds nothing.`,
    "",
    report,
    "",
  ].join("\n");
}

function digestOf(state: State, findings: string): string {
  return createHash("sha256")
    .update(JSON.stringify([state, findings]))
    .digest("hex")
    .slice(0, 16);
}

function firstLine(text: string): string {
  return text.split("\n")[0]?.trim() ?? "";
}
