/**
 * What a preview with `--diff` proposes, by the resource's name: the operation, and the lines with the resource's id
 * and its properties. What it only reports of the refresh before is left out.
 */
export function proposedChanges(text: string): Map<string, { operation: string; lines: string }> {
  const changes = new Map<string, { operation: string; lines: string }>();
  for (const block of text.split(/\n(?= *[-+~]+ *\w+:\w+:\w+: \()/)) {
    const operation = /^ *[-+~]+ *\w+:\w+:\w+: \(([a-z-]+)\)/.exec(block)?.[1];
    const name = /\[urn=\S+::(\S+)\]/.exec(block)?.[1];
    if (operation && name && operation !== "refresh") changes.set(name, { operation, lines: block });
  }
  return changes;
}
