import { join } from "node:path";
import { usualReplacedDirectory } from "../config/replaced-directory.ts";
import { cacheDirectory } from "../local-machine/cache-directory.ts";
import { servePlugin } from "../remotehost/plugin.ts";
import { examiner } from "../requirements/examiner.ts";

/** The plugin as the engine starts it: the provider, and what it cannot know of our backups. */
servePlugin("0.1.0", {
  examiner,
  replaced: usualReplacedDirectory,
  cache: join(cacheDirectory, "npm-files"),
});
