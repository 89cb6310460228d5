import { expect, test } from "vitest";
import { type Preview, previewComment, previewSummary } from "../../../../infra/pipeline/preview-markdown.ts";

const run = "https://github.example/owner/backups/actions/runs/1";

const end =
  "Resources:\n    + 3 to create\n    ~ 1 to update\n    +-1 to replace\n    4 changes. 5 unchanged\n";

function preview(stack: string, lines = "", changes: Partial<Preview> = {}): Preview {
  return { stack, text: `Previewing update (${stack}):\n${lines}${end}`, succeeded: true, ...changes };
}

const comment = (...previews: Preview[]) => previewComment(previews, run, "0123abc");

/** The lines of a Markdown text outside of indented code blocks. */
const live = (text: string) => text.split(/\r\n|\r|\n/).filter((line) => !/^( {4}|$)/.test(line));

test("each stack has its counts and its whole preview, or the reason for none", () => {
  const text = comment(
    preview("prod"),
    preview("same", "", { text: "Previewing update (same):\n\nResources:\n    9 unchanged\n" }),
    preview("broken", "error: no passphrase\n", { succeeded: false }),
    preview("dead", "", { text: null, succeeded: false }),
  );
  expect(text).toContain(`What \`pulumi up\` would do of 0123abc ([run](${run})):`);
  expect(live(text).filter((line) => line.startsWith("###"))).toEqual([
    "### prod: 3 to create, 1 to update, 1 to replace",
    "### same: no changes",
    "### broken: the preview failed",
    "### dead: not looked at",
  ]);
  expect(text).toContain("\n    error: no passphrase\n");
  expect(text).toContain("<details><summary>The whole preview</summary>\n\n    Previewing update (prod):\n");
});

const hostile = [
  "      ~ content: a\r@everyone ![x](https://evil.example/x.png)",
  "</details>",
  "```",
  "    Resources:",
  "    + 7 to create",
  "\u001b[2J\u2028# heading\u0085# heading",
].join("\n");

test("the text of a file stays in the code block with any line ends, and is not read as counts", () => {
  const text = comment(preview("prod", `${hostile}\n`));
  expect(live(text)).toEqual([
    expect.stringContaining("What `pulumi up` would do"),
    "### prod: 3 to create, 1 to update, 1 to replace",
    "<details><summary>The whole preview</summary>",
    "</details>",
  ]);
  expect(text).toContain("a\\u{d}@everyone");
  expect(text).toContain("\\u{1b}[2J\\u{2028}# heading\\u{85}# heading");
  expect(live(previewSummary(preview("prod", `${hostile}\n`), run))).toEqual([
    "### Preview of prod: 3 to create, 1 to update, 1 to replace",
  ]);
});

const lines = (count: number) => "    + remotehost:index:File\n".repeat(count);

test("a comment holds every stack: the long previews are cut, the short ones whole, every block closed", () => {
  const text = comment(
    preview("long", lines(9000)),
    preview("short", lines(9)),
    preview("longer", lines(99_000)),
  );
  expect(text.length).toBeLessThan(60_000);
  expect(text.length).toBeGreaterThan(59_000);
  const cut = `… cut here: the log of ${run} has the rest.`;
  const [, long = "", short = "", longer = ""] = text.split(/^### /m);
  for (const part of [long, longer]) {
    expect(part.length).toBeGreaterThan(29_000);
    expect(part).toContain(`    + remotehost:index:File\n\n${cut}\n\n</details>`);
  }
  expect(short.match(/index:File/g)).toHaveLength(9);
  expect(short).not.toContain("cut here");
});

test("one endless line is cut too, and so are the previews of very many stacks", () => {
  const endless = preview("prod", "", { text: "x".repeat(99_000) });
  expect(comment(endless)).toContain("xxx\n\n… cut here");
  const many = Array.from({ length: 100 }, (_, index) => preview(`stack-${index}`, lines(999)));
  expect(comment(...many).length).toBeLessThan(60_000);
  expect(comment(...many).match(/^### stack-\d+: 3 to create/gm)).toHaveLength(100);
});

test("the summary at the gate stays below the 1 MiB behind which GitHub drops it", () => {
  const text = previewSummary(
    preview("prod", "      + content: größer als 1 MiB €€€€\n".repeat(99_000)),
    run,
  );
  expect(Buffer.byteLength(text)).toBeLessThan(1024 * 1024);
  expect(text).toMatch(/\n\n… cut here: the log of .* has the rest\.\n$/);
  expect(previewSummary(preview("prod"), run)).not.toContain("cut here");
});
