import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { DeploymentError } from "../../../../infra/deployment/errors.ts";
import { StackFileStore } from "../../../../infra/deployment/stack-file-store.ts";

let directory = "";
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "stack-file-store-"));
});
afterEach(() => rmSync(directory, { recursive: true }));

function refusal(stack: string): DeploymentError {
  try {
    new StackFileStore(directory, stack).requireFile();
  } catch (error) {
    if (error instanceof DeploymentError) return error;
  }
  throw new Error("it was not refused");
}

describe("a stack without a file", () => {
  test("that is a slip of the pen is reported with the one that was perhaps meant", () => {
    for (const stack of ["prod", "staging"]) writeFileSync(join(directory, `Pulumi.${stack}.yaml`), "");
    writeFileSync(join(directory, "Pulumi.yaml"), "");
    const error = refusal("org/prdo");
    expect(error).toMatchObject({ exit: "configuration", next: "Did you mean --stack prod?" });
    expect(error.message).toBe("there is no Pulumi.prdo.yaml; nothing was changed [DBK-CONFIG-3]");
    expect(refusal("elsewhere").next).toBe("The stacks that have a file here: prod, staging.");
  });

  test("without any stack file the message says how to make one", () => {
    expect(refusal("prod").next).toMatch(/^Name a server in place of --all/);
  });
});

test("a file that is there, empty or not, is enough", () => {
  writeFileSync(join(directory, "Pulumi.prod.yaml"), "");
  new StackFileStore(directory, "prod").requireFile();
});
