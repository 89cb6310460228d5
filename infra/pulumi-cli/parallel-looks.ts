/** Commands of the CLI that look at servers and change nothing there. */
const looking: readonly (string | undefined)[] = ["preview", "pre", "refresh"];

/**
 * How many resources the engine looks at side by side. Left to itself it is four a processor, and all of them may wait
 * for one and the same server while nobody asks the others. How many servers are logged in to at once is the plugin's
 * own matter.
 */
const looksAtOnce = 2000;

/** `environment` for a command of the CLI, whose words are `argv`; what the person has set stays. */
export function withParallelLooks(
  argv: readonly string[],
  environment: NodeJS.ProcessEnv,
): NodeJS.ProcessEnv {
  return looking.includes(argv[0]) ? { PULUMI_PARALLEL: String(looksAtOnce), ...environment } : environment;
}
