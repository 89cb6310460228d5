import { EnvironmentError } from "./environment.ts";
import { gitHubRun } from "./github.ts";
import { previewSummary } from "./preview-markdown.ts";
import { readPreview } from "./previews.ts";

/**
 * `show-preview.ts STACK DIRECTORY`, in a job of GitHub Actions: prints the files of preview.sh in DIRECTORY as
 * Markdown for the job's summary. Exits 0, or 1 if an argument or a variable is missing.
 */
const [stack, directory] = process.argv.slice(2);
try {
  if (stack === undefined || directory === undefined)
    throw new EnvironmentError("Usage: show-preview.ts STACK DIRECTORY");
  process.stdout.write(previewSummary(readPreview(directory, stack), gitHubRun(process.env)));
} catch (error) {
  if (!(error instanceof EnvironmentError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
