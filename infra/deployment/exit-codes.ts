/** The exit codes of the deployment. They mean the same as those of the server's programs; Ctrl-C has the shell's. */
export const deploymentExits = [
  ["done", 0, "done, or with --dry-run: shown"],
  ["failed", 1, "something failed; what was done before it stays, and the same command goes on from there"],
  ["usage", 64, "the command line is wrong"],
  [
    "unavailable",
    69,
    "a server cannot be reached or is not ready, and nothing was changed; or a database has no container",
  ],
  ["locked", 75, "another run of Pulumi holds the stack's lock"],
  ["notConfirmed", 77, "not confirmed, or nobody to ask and no --yes; nothing was changed"],
  [
    "configuration",
    78,
    "the configuration, or where Pulumi keeps its state, is not usable; nothing was changed",
  ],
  ["interrupted", 130, "interrupted by Ctrl-C or a signal; it says how to go on"],
] as const;

export type DeploymentExit = (typeof deploymentExits)[number][0];

/** The number of an exit code. */
export function exitNumber(exit: DeploymentExit): number {
  return deploymentExits.find(([name]) => name === exit)?.[1] ?? 1;
}
