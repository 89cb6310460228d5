import * as z from "zod";
import { variables } from "./environment.ts";
import type { Tracker } from "./forge.ts";
import { type Api, ask, askForAll, requireLabel, understood } from "./http.ts";

const IssueEntry = z.object({ iid: z.int(), title: z.string(), description: z.string().nullable() });

const Made = z.object({ iid: z.int(), labels: z.array(z.string()) });

/** The URL of this pipeline. @throws EnvironmentError */
export function gitLabRun(environment: NodeJS.ProcessEnv): string {
  return variables(environment, "CI_PIPELINE_URL").CI_PIPELINE_URL;
}

/** The issues of this job's project. @throws EnvironmentError */
export function gitLabTracker(environment: NodeJS.ProcessEnv): Tracker {
  const { CI_API_V4_URL, CI_PROJECT_ID, ISSUES_TOKEN } = variables(
    environment,
    ...(["CI_API_V4_URL", "CI_PROJECT_ID", "ISSUES_TOKEN"] as const),
  );
  const api: Api = {
    name: "GitLab",
    url: `${CI_API_V4_URL}/projects/${CI_PROJECT_ID}`,
    headers: { "PRIVATE-TOKEN": ISSUES_TOKEN },
    needs: "ISSUES_TOKEN must be a project access token of role Reporter with the scope `api`.",
  };
  return {
    openIssues: async (label) => {
      const query = `state=opened&order_by=created_at&sort=asc&labels=${encodeURIComponent(label)}`;
      const issues = await askForAll(api, `/issues?${query}`, IssueEntry);
      return issues.map(({ iid, title, description }) => ({ number: iid, title, body: description ?? "" }));
    },
    open: async (title, description, label) => {
      const answer = await ask(api, "POST", "/issues", { title, description, labels: label });
      const { iid, labels } = understood(api, "/issues", Made, answer);
      requireLabel(api, iid, labels, label);
      return iid;
    },
    edit: async (number, title, description) => {
      await ask(api, "PUT", `/issues/${number}`, { title, description });
    },
    comment: async (number, body) => {
      await ask(api, "POST", `/issues/${number}/notes`, { body });
    },
    close: async (number) => {
      await ask(api, "PUT", `/issues/${number}`, { state_event: "close" });
    },
  };
}
