/** The error for servers that are deployed but no longer in the configuration. */
export function orphansText(project: string, stack: string, orphans: readonly string[]): string {
  const lines = orphans.map((key) => `    ${key}: remove`);
  const names = orphans.join(", ");
  return `${names} ${orphans.length === 1 ? "is" : "are"} deployed and no longer in Pulumi.${stack}.yaml; nothing was changed [DBK-STACK-6].
To end the backups there, add:
  ${project}:decommissioned:
${lines.join("\n")}
(remove: our files are removed, every backup stays. forget: for a machine that is gone; nothing is touched.)
If a server was renamed, give the new one formerly: ${orphans[0]}`;
}

/** The error for a run that covers more servers than it was limited to. */
export function tooFewChosenText(variable: string, orphans: readonly string[]): string {
  return `${variable} limits this run to some servers, but it also covers ${orphans.join(", ")}; nothing was changed [DBK-STACK-7].
Unset ${variable}, or give a --target for just the servers that it names.`;
}
