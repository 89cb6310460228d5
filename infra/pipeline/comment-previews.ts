import { join } from "node:path";
import { EnvironmentError, stackNames, variables } from "./environment.ts";
import { ForgeError } from "./forge.ts";
import { gitHubApi, gitHubRun, writeComment } from "./github.ts";
import { previewComment } from "./preview-markdown.ts";
import { readPreview } from "./previews.ts";

const marker = "<!-- preview of every stack -->";

/**
 * `comment-previews.ts DIRECTORY`, in a job of GitHub Actions: reads the output of preview.sh in
 * DIRECTORY/preview-STACK for each stack of STACKS, and writes one comment of the pull request PULL_REQUEST.
 * Exits 0, or 1 if the comment could not be written.
 */
async function commentPreviews(directory: string, environment: NodeJS.ProcessEnv): Promise<void> {
  const { PULL_REQUEST } = variables(environment, "PULL_REQUEST");
  const run = gitHubRun(environment);
  const previews = stackNames(environment).map((stack) =>
    readPreview(join(directory, `preview-${stack}`), stack),
  );
  const text = previewComment(previews, run, environment.COMMIT ?? "");
  const done = await writeComment(gitHubApi(environment, "pull-requests: write"), PULL_REQUEST, marker, text);
  console.log(`The comment of pull request ${PULL_REQUEST} was ${done}.`);
}

const [directory] = process.argv.slice(2);
try {
  if (directory === undefined) throw new EnvironmentError("Usage: comment-previews.ts DIRECTORY");
  await commentPreviews(directory, process.env);
} catch (error) {
  if (!(error instanceof EnvironmentError || error instanceof ForgeError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
