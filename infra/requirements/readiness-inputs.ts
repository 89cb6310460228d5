import type * as pulumi from "@pulumi/pulumi";
import { output } from "@pulumi/pulumi/output.js";
import type { ReadinessArgs } from "../remotehost/readiness.ts";
import { kept, laterNames, type Requirements } from "./requirements.ts";

/** The requirements as a `Readiness` takes them. */
export function readinessInputs(
  requirements: pulumi.Input<Requirements>,
): Omit<ReadinessArgs, "connection"> & Pick<ReadinessArgs, "requirements"> {
  const desired = output(requirements).apply(kept);
  return {
    requirements: desired.requirements,
    ...Object.fromEntries(laterNames.map((name) => [name, desired[name]])),
  };
}
