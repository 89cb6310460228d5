/** Commands of the CLI that look at servers and change nothing there. */
const looking: readonly (string | undefined)[] = ["preview", "pre", "refresh"];

/**
 * How many resources the engine looks at in parallel. By default it is four per processor, and all of them may wait for
 * the same server while the others are idle. The number of concurrent logins is limited by the plugin.
 */
const looksAtOnce = 2000;

/** `environment` for a command of the CLI with the words `argv`. The user's own setting is kept. */
export function withParallelLooks(
  argv: readonly string[],
  environment: NodeJS.ProcessEnv,
): NodeJS.ProcessEnv {
  return looking.includes(argv[0]) ? { PULUMI_PARALLEL: String(looksAtOnce), ...environment } : environment;
}
