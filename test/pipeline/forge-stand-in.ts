import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import * as z from "zod";

/** An issue of the stand-in. */
export interface KeptIssue {
  number: number;
  title: string;
  body: string;
  labels: string[];
  open: boolean;
  isPullRequest: boolean;
  comments: KeptComment[];
}

export interface KeptComment {
  id: number;
  author: string;
  body: string;
}

/**
 * Stands for the APIs of GitHub (`/repos/…`) and GitLab (`/projects/…`), which no test can reach: issues, their
 * comments, pages of a hundred, and the refusal of a wrong token, with the names and types of the real answers.
 */
export interface ForgeStandIn {
  url: string;
  token: string;
  /** Whether the token may set labels. If not, they are dropped silently, as by the real APIs. */
  maySetLabels: boolean;
  issues: KeptIssue[];
  /** `METHOD path` of each request that made a change. */
  changes: string[];
  close(): Promise<void>;
}

const Body = z.object({
  title: z.string().optional(),
  body: z.string().optional(),
  description: z.string().optional(),
  labels: z.union([z.string(), z.array(z.string())]).optional(),
  state: z.string().optional(),
  state_event: z.string().optional(),
});

const bot = "github-actions[bot]";

export async function startForge(): Promise<ForgeStandIn> {
  const kept: Kept = { token: "forge-token-of-the-test", maySetLabels: true, issues: [], changes: [] };
  const server = createServer((request, response) => {
    answer(request, kept).then(
      ({ status, body }) => send(response, status, body),
      (error) => send(response, 500, { message: String(error) }),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return Object.assign(kept, {
    url: `http://127.0.0.1:${port}`,
    close: () =>
      new Promise<void>((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  });
}

type Kept = Pick<ForgeStandIn, "token" | "maySetLabels" | "issues" | "changes">;

interface Answer {
  status: number;
  body: unknown;
}

async function answer(
  request: IncomingMessage,
  { token, maySetLabels, issues, changes }: Kept,
): Promise<Answer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString();
  const sent = Body.parse(text === "" ? {} : JSON.parse(text));
  const { method = "", headers } = request;
  const { pathname, searchParams } = new URL(request.url ?? "", "http://forge");
  if (headers.authorization !== `Bearer ${token}` && headers["private-token"] !== token)
    return { status: 401, body: { message: "Bad credentials" } };
  const onGitLab = pathname.startsWith("/projects/");
  const path = pathname.replace(/^\/(repos\/[^/]+\/[^/]+|projects\/\d+)/, "");
  if (method !== "GET") changes.push(`${method} ${path}`);
  const written = (issue: KeptIssue) => (onGitLab ? gitLabIssue(issue) : gitHubIssue(issue));
  const paged = (entries: unknown[]): Answer => {
    const [size, page] = [Number(searchParams.get("per_page")), Number(searchParams.get("page"))];
    return { status: 200, body: entries.slice(size * (page - 1), size * page) };
  };

  const [, comment] = /^\/issues\/comments\/(\d+)$/.exec(path) ?? [];
  if (comment !== undefined && method === "PATCH") {
    const found = issues.flatMap(({ comments }) => comments).find(({ id }) => id === Number(comment));
    if (!found) return missing;
    found.body = sent.body ?? found.body;
    return { status: 200, body: gitHubComment(found) };
  }
  const [, number, rest] = /^\/issues(?:\/(\d+))?(\/comments|\/notes)?$/.exec(path) ?? [];
  const issue = issues.find((each) => each.number === Number(number));
  if (number !== undefined && !issue) return missing;
  if (issue && rest !== undefined) {
    if (method === "GET") return paged(issue.comments.map(gitHubComment));
    const made = { id: nextComment(issues), author: bot, body: sent.body ?? "" };
    issue.comments.push(made);
    return { status: 201, body: gitHubComment(made) };
  }
  if (issue && ["PATCH", "PUT"].includes(method)) {
    issue.title = sent.title ?? issue.title;
    issue.body = sent.body ?? sent.description ?? issue.body;
    if (sent.state === "closed" || sent.state_event === "close") issue.open = false;
    return { status: 200, body: written(issue) };
  }
  if (path === "/issues" && method === "GET") {
    const label = searchParams.get("labels") ?? "";
    return paged(issues.filter(({ open, labels }) => open && labels.includes(label)).map(written));
  }
  if (path === "/issues" && method === "POST") {
    const wanted = typeof sent.labels === "string" ? sent.labels.split(",") : (sent.labels ?? []);
    const labels = maySetLabels ? wanted : [];
    const body = sent.body ?? sent.description ?? "";
    const made = newIssue(issues.length + 1, { title: sent.title ?? "", body, labels });
    issues.push(made);
    return { status: 201, body: written(made) };
  }
  return missing;
}

const missing: Answer = { status: 404, body: { message: "Not Found" } };

/** An open issue without comments. */
export function newIssue(number: number, changes: Partial<KeptIssue> = {}): KeptIssue {
  const empty = { title: "", body: "", labels: [], open: true, isPullRequest: false, comments: [] };
  return { number, ...empty, ...changes };
}

function nextComment(issues: KeptIssue[]): number {
  return 1 + issues.flatMap(({ comments }) => comments).length;
}

function gitHubIssue({ number, title, body, labels, open, isPullRequest }: KeptIssue): unknown {
  const state = open ? "open" : "closed";
  const named = labels.map((name) => ({ name }));
  return {
    number,
    title,
    body,
    state,
    labels: named,
    ...(isPullRequest ? { pull_request: { url: "" } } : {}),
  };
}

function gitLabIssue({ number, title, body, labels, open }: KeptIssue): unknown {
  return { iid: number, title, description: body, labels, state: open ? "opened" : "closed" };
}

function gitHubComment({ id, author, body }: KeptComment): unknown {
  return { id, body, user: { login: author } };
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "Content-Type": "application/json" });
  response.end(JSON.stringify(body));
}
