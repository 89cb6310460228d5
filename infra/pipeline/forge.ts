/** An issue that is open. */
export interface Issue {
  /** What its address ends with. */
  number: number;
  title: string;
  body: string;
}

/** The issues of a project on GitHub or GitLab; each call fails with a {@link ForgeError}. */
export interface Tracker {
  /** Open issues with the label, oldest first. */
  openIssues(label: string): Promise<Issue[]>;
  /** Gives the new issue's number. The label is made where it does not exist. */
  open(title: string, body: string, label: string): Promise<number>;
  edit(number: number, title: string, body: string): Promise<void>;
  comment(number: number, text: string): Promise<void>;
  close(number: number): Promise<void>;
}

/** GitHub or GitLab did not do what was asked. */
export class ForgeError extends Error {
  override readonly name = "ForgeError";
  /** The HTTP status; null when there was no answer. */
  readonly status: number | null;

  constructor(message: string, status: number | null, options?: ErrorOptions) {
    super(message, options);
    this.status = status;
  }
}

/** GitHub's limit is 65,536 characters, GitLab's 1,048,576; the rest is room for what is put around the text. */
export const longest = 60_000;

/** As much of a text as an issue can hold, ending with a line that says so and where the rest is. */
export function fitted(text: string, whereTheRestIs: string): string {
  if (text.length <= longest) return text;
  const cut = text.slice(0, text.lastIndexOf("\n", longest));
  return [cut, openFence(cut), "", `… cut here: ${whereTheRestIs} has the rest.`, ""].join("\n");
}

/** The fence that has yet to be closed at the end of a Markdown text; empty where there is none. */
function openFence(text: string): string {
  let open = "";
  for (const line of text.split("\n")) {
    const fence = /^ {0,3}(`{3,}|~{3,})/.exec(line)?.[1] ?? "";
    if (open === "") open = fence;
    else if (fence.startsWith(open) && line.trim() === fence) open = "";
  }
  return open;
}
