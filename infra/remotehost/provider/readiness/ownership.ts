import { ownerAdvice, stateDirectory } from "../records.ts";

/** Says on a line of its own which stack owns the machine. */
export const ownerScript = `if [ -f ${stateDirectory}/owner ]; then printf 'owner:%s\\n' "$(base64 -w0 < ${stateDirectory}/owner)"; fi`;

/** `PROJECT/STACK` that owns the machine, of what the script printed; null for nobody. */
export function ownerIn(output: string): string | null {
  const encoded = /^owner:(.*)$/m.exec(output)?.[1];
  return encoded === undefined ? null : Buffer.from(encoded, "base64").toString().trim();
}

interface Ownership {
  owner: string | null;
  stack: string;
  formerStack: string | undefined;
}

export function ownerProblems({ owner, stack, formerStack }: Ownership): string[] {
  if (owner === null || owner === stack || owner === formerStack) return [];
  return [`the machine belongs to the stack ${owner}, not to ${stack}. ${ownerAdvice(owner)} [DBK-STACK-10]`];
}

export function handoverNotes({ owner, stack, formerStack }: Ownership): string[] {
  if (formerStack === undefined) return [];
  if (owner === formerStack) return [`the stack ${owner} hands the machine over to ${stack}. [DBK-STACK-10]`];
  return [`the stack ${formerStack} does not own this machine. Remove formerStack. [DBK-STACK-10]`];
}
