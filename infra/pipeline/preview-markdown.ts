import { printable } from "../drift/wording.ts";
import { longest } from "./forge.ts";

/** The output of `pulumi preview` for one stack. */
export interface Preview {
  stack: string;
  /** All of its output; null if the job ended before the preview ran. */
  text: string | null;
  succeeded: boolean;
}

/** Characters of a job's summary. Its limit is 1 MiB, and a character has at most three bytes. */
const longestSummary = 300_000;

/**
 * The comment of a pull request, as Markdown: a heading, a summary and the text of each stack's preview. If the texts
 * are too long together, the longest ones are cut.
 */
export function previewComment(previews: readonly Preview[], run: string, commit: string): string {
  const of = commit === "" ? "" : ` of ${commit}`;
  const introduction = `What \`pulumi up\` would do${of} ([run](${run})):`;
  const written = (most: number) =>
    [introduction, ...previews.map((preview) => section(preview, most, run))].join("\n\n");
  const lengths = previews.map(({ text }) => block(text ?? "").length);
  return written(largestShare(lengths, Math.max(0, longest - written(0).length)));
}

/** The job's summary for the approval of a deployment, as Markdown: one stack's preview, cut to the allowed size. */
export function previewSummary({ stack, text, succeeded }: Preview, run: string): string {
  const heading = `### Preview of ${headline(stack, text ?? "", succeeded)}`;
  return `${heading}\n\n${shortened(block(text ?? ""), longestSummary, run)}\n`;
}

function section({ stack, text, succeeded }: Preview, most: number, run: string): string {
  if (text === null)
    return `### ${stack}: not looked at\n\nThe job ended before its preview; the run's log has the reason.`;
  const heading = `### ${headline(stack, text, succeeded)}`;
  const body = shortened(block(text), most, run);
  return succeeded
    ? `${heading}\n\n<details><summary>The whole preview</summary>\n\n${body}\n\n</details>`
    : `${heading}\n\n${body}`;
}

function headline(stack: string, text: string, succeeded: boolean): string {
  return `${stack}: ${succeeded ? counts(text) : "the preview failed"}`;
}

/** The counts at the end of a preview: "3 to create, 1 to update". Lines of a file's diff may look the same. */
function counts(text: string): string {
  const end = text.slice(text.lastIndexOf("\nResources:\n"));
  const found = [...end.matchAll(/^\s+[-+~±]+ ?(\d+ to \w+)/gm)].map(([, count]) => count);
  return found.length > 0 ? found.join(", ") : "no changes";
}

/** An indented code block. No text in it can end the block, unlike a fence, once other line breaks are escaped. */
function block(text: string): string {
  return printable(text.trim())
    .split("\n")
    .map((line) => `    ${line}`)
    .join("\n");
}

function shortened(body: string, most: number, run: string): string {
  if (body.length <= most) return body;
  const end = body.lastIndexOf("\n", most);
  return `${body.slice(0, end === -1 ? most : end)}\n\n… cut here: the log of ${run} has the rest.`;
}

/** The longest length of a text such that all texts fit. Short texts leave their share to the longer ones. */
function largestShare(lengths: readonly number[], room: number): number {
  let left = room;
  let texts = lengths.length;
  for (const length of lengths.toSorted((one, other) => one - other)) {
    if (length * texts > left) return Math.floor(left / texts);
    left -= length;
    texts -= 1;
  }
  return room;
}
