/** What `pulumi preview` said of one stack. */
export interface Preview {
  stack: string;
  /** Everything it printed; null when the job ended before it was run. */
  text: string | null;
  succeeded: boolean;
}

/** The comment of a pull request, as Markdown: a heading, a summary and the whole text of each stack's preview. */
export function previewText(previews: readonly Preview[], run: string, commit: string): string {
  const of = commit === "" ? "" : ` of ${commit}`;
  return [`What \`pulumi up\` would do${of} ([run](${run})):`, ...previews.map(section)].join("\n\n");
}

function section({ stack, text, succeeded }: Preview): string {
  if (text === null)
    return `### ${stack}: not looked at\n\nThe job ended before its preview; the run's log has the reason.`;
  const heading = `### ${stack}: ${succeeded ? summary(text) : "the preview failed"}`;
  const body = indented(text.trim());
  return succeeded
    ? `${heading}\n\n<details><summary>The whole preview</summary>\n\n${body}\n\n</details>`
    : `${heading}\n\n${body}`;
}

/** The counts that end a preview: "3 to create, 1 to update". */
function summary(text: string): string {
  const counts = [...text.matchAll(/^\s+[-+~±]+ ?(\d+ to \w+)/gm)].map(([, count]) => count);
  return counts.length > 0 ? counts.join(", ") : "no changes";
}

/** A code block by indentation: no text in it can end it. */
function indented(text: string): string {
  return text
    .split("\n")
    .map((line) => `    ${line}`)
    .join("\n");
}
