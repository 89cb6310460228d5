import * as z from "zod";
import { variables } from "./environment.ts";
import type { Tracker } from "./forge.ts";
import { type Api, ask, askForAll, requireLabel, understood } from "./http.ts";

const IssueEntry = z.object({
  number: z.int(),
  title: z.string(),
  body: z.string().nullable(),
  // GitHub lists pull requests among the issues.
  pull_request: z.unknown().optional(),
});

const CommentEntry = z.object({
  id: z.int(),
  body: z.string().nullable().optional(),
  user: z.object({ login: z.string() }).nullable(),
});

const Made = z.object({ number: z.int(), labels: z.array(z.object({ name: z.string() })) });

/** The author of comments that are written with GITHUB_TOKEN. */
const author = "github-actions[bot]";

/** GitHub's API for the repository of this job. @throws EnvironmentError */
export function gitHubApi(environment: NodeJS.ProcessEnv, permission: string): Api {
  const { GITHUB_API_URL, GITHUB_REPOSITORY, GITHUB_TOKEN } = variables(
    environment,
    ...(["GITHUB_API_URL", "GITHUB_REPOSITORY", "GITHUB_TOKEN"] as const),
  );
  return {
    name: "GitHub",
    url: `${GITHUB_API_URL}/repos/${GITHUB_REPOSITORY}`,
    headers: {
      Accept: "application/vnd.github+json",
      Authorization: `Bearer ${GITHUB_TOKEN}`,
      "X-GitHub-Api-Version": "2022-11-28",
    },
    needs: `The job needs the permission \`${permission}\`.`,
  };
}

/** The URL of this run. @throws EnvironmentError */
export function gitHubRun(environment: NodeJS.ProcessEnv): string {
  const names = ["GITHUB_SERVER_URL", "GITHUB_REPOSITORY", "GITHUB_RUN_ID"] as const;
  const { GITHUB_SERVER_URL, GITHUB_REPOSITORY, GITHUB_RUN_ID } = variables(environment, ...names);
  return `${GITHUB_SERVER_URL}/${GITHUB_REPOSITORY}/actions/runs/${GITHUB_RUN_ID}`;
}

/** The issues of the repository. @throws EnvironmentError */
export function gitHubTracker(environment: NodeJS.ProcessEnv): Tracker {
  const api = gitHubApi(environment, "issues: write");
  return {
    openIssues: async (label) => {
      const query = `state=open&sort=created&direction=asc&labels=${encodeURIComponent(label)}`;
      const issues = await askForAll(api, `/issues?${query}`, IssueEntry);
      return issues
        .filter(({ pull_request }) => pull_request === undefined)
        .map(({ number, title, body }) => ({ number, title, body: body ?? "" }));
    },
    open: async (title, body, label) => {
      const answer = await ask(api, "POST", "/issues", { title, body, labels: [label] });
      const { number, labels } = understood(api, "/issues", Made, answer);
      const names = labels.map(({ name }) => name);
      requireLabel(api, number, names, label);
      return number;
    },
    edit: async (number, title, body) => {
      await ask(api, "PATCH", `/issues/${number}`, { title, body });
    },
    comment: async (number, text) => {
      await ask(api, "POST", `/issues/${number}/comments`, { body: text });
    },
    close: async (number) => {
      await ask(api, "PATCH", `/issues/${number}`, { state: "closed", state_reason: "completed" });
    },
  };
}

/**
 * Writes the comment of a pull request whose first line is `marker`: edits the first one by the job's account, or
 * creates one.
 * @returns which of the two was done
 * @throws ForgeError
 */
export async function writeComment(
  api: Api,
  pullRequest: string,
  marker: string,
  text: string,
): Promise<"made" | "edited"> {
  const comments = await askForAll(api, `/issues/${pullRequest}/comments`, CommentEntry);
  const own = comments.find(
    ({ user, body }) => user?.login === author && body?.split("\n")[0]?.trim() === marker,
  );
  const body = `${marker}\n${text}`;
  if (own) await ask(api, "PATCH", `/issues/comments/${own.id}`, { body });
  else await ask(api, "POST", `/issues/${pullRequest}/comments`, { body });
  return own ? "edited" : "made";
}
