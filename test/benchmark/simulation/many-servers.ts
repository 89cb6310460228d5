import * as z from "zod";
import { type Rename, renamed } from "./rename.ts";

const Resource = z.looseObject({ type: z.string(), inputs: z.looseObject({}).optional() });
const Exported = z.looseObject({
  deployment: z.looseObject({ resources: z.array(Resource) }),
});

const rootType = "pulumi:pulumi:Stack";

/** Plain contents of files that a stack's state has, as `pulumi stack export` gives it. */
export const contentsIn = (state: string): string[] =>
  Exported.parse(JSON.parse(state)).deployment.resources.flatMap(({ inputs }) =>
    typeof inputs?.content === "string" ? inputs.content : [],
  );

/**
 * The state of a stack with many servers out of one with a single server, whose name `name` stands in all that is the
 * server's. In the order in which it stood, so that nothing comes before what it depends on.
 */
export function withManyServers(state: string, name: string, renames: readonly Rename[]): string {
  const exported = Exported.parse(JSON.parse(state));
  const { deployment } = exported;
  const resources = deployment.resources.flatMap((resource) => {
    const text = JSON.stringify(resource);
    if (resource.type === rootType || !text.includes(name)) return [resource];
    return renames.map((rename) => Resource.parse(JSON.parse(renamed(text, rename))));
  });
  return JSON.stringify({ ...exported, deployment: { ...deployment, resources } });
}
