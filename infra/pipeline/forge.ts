/** An open issue. */
export interface Issue {
  /** The number at the end of its address. */
  number: number;
  title: string;
  body: string;
}

/** The issues of a project on GitHub or GitLab. Every call may throw a {@link ForgeError}. */
export interface Tracker {
  /** Open issues with the label, oldest first. */
  openIssues(label: string): Promise<Issue[]>;
  /** Opens an issue, and creates the label if it does not exist. @returns the issue's number */
  open(title: string, body: string, label: string): Promise<number>;
  edit(number: number, title: string, body: string): Promise<void>;
  comment(number: number, text: string): Promise<void>;
  close(number: number): Promise<void>;
}

/** A request to GitHub or GitLab failed. */
export class ForgeError extends Error {
  override readonly name = "ForgeError";
  /** The HTTP status; null if there was no answer. */
  readonly status: number | null;

  constructor(message: string, status: number | null, options?: ErrorOptions) {
    super(message, options);
    this.status = status;
  }
}

/** Characters of a report in an issue. GitHub's limit for the body is 65,536, GitLab's 1,048,576. */
export const longest = 60_000;

/** A text cut to the size of an issue. The last line of a cut text says that it was cut, and where the rest is. */
export function fitted(text: string, whereTheRestIs: string): string {
  if (text.length <= longest) return text;
  const cut = text.slice(0, text.lastIndexOf("\n", longest));
  return [cut, openFence(cut), "", `… cut here: ${whereTheRestIs} has the rest.`, ""].join("\n");
}

/** The code fence that is still open at the end of a Markdown text; empty if there is none. */
function openFence(text: string): string {
  let open = "";
  for (const line of text.split("\n")) {
    const fence = /^ {0,3}(`{3,}|~{3,})/.exec(line)?.[1] ?? "";
    if (open === "") open = fence;
    else if (fence.startsWith(open) && line.trim() === fence) open = "";
  }
  return open;
}
