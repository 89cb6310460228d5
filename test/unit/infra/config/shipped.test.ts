import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { repository } from "../../../../infra/local-machine/places.ts";

test("the stack's file that is shipped names nobody's server: whoever fills it in merges later versions", () => {
  expect(parse(readFileSync(join(repository, "Pulumi.prod.yaml"), "utf8"))).toEqual({
    config: { "database-backups:servers": {}, "database-backups:databases": {} },
  });
});
