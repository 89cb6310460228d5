const ids: Record<PulumiCliError["kind"], string> = {
  unavailable: "[DBK-PULUMI-1]",
  unwritten: "[DBK-PULUMI-1]",
  refused: "[DBK-PULUMI-2]",
};

/** Where users can install the CLI from themselves. */
const instructions = "https://www.pulumi.com/docs/install/";

/**
 * There is no Pulumi CLI to run.
 *
 * `unavailable`: it, or its publisher's list of checksums, could not be fetched. `refused`: what was fetched is not what
 * the list says. `unwritten`: this machine could not write it. Nothing of it was kept or run.
 */
export class PulumiCliError extends Error {
  readonly kind: "unavailable" | "refused" | "unwritten";
  constructor(kind: PulumiCliError["kind"], what: string, version: string, options?: ErrorOptions) {
    const next = `Install Pulumi ${version} (${instructions}) and put it on PATH.`;
    super(`${what} ${ids[kind]}\n${next}`, options);
    this.name = "PulumiCliError";
    this.kind = kind;
  }
}
