/** What to say about servers whose backup system is deployed and which the configuration no longer names. */
export function orphansText(project: string, stack: string, orphans: readonly string[]): string {
  const lines = orphans.map((key) => `    ${key}: remove`);
  const names = orphans.join(", ");
  return `${names} ${orphans.length === 1 ? "is" : "are"} deployed and no longer in Pulumi.${stack}.yaml; nothing was changed [DBK-STACK-6].
If backups there are to end, say so:
  ${project}:decommissioned:
${lines.join("\n")}
(remove: our files are removed, every backup stays. forget: for a machine that is gone; nothing is touched.)
If a server was renamed, give the new one formerly: ${orphans[0]}`;
}

/** What to say where a run is for more servers than those that it was told to look at. */
export function tooFewChosenText(variable: string, orphans: readonly string[]): string {
  return `${variable} names some servers alone, and this run is for ${orphans.join(", ")} as well; nothing was changed [DBK-STACK-7].
Unset ${variable}, or give a --target for just the servers that it names.`;
}
