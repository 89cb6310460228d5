import { afterAll, beforeAll, expect, test } from "vitest";
import { type Deployment, prepareDeployment } from "./deployment.ts";
import { oldNodeDirectory } from "./old-node.ts";

let deployment: Deployment;
let environment: NodeJS.ProcessEnv;

beforeAll(async () => {
  const directory = await oldNodeDirectory();
  deployment = await prepareDeployment({});
  environment = { PATH: `${directory}:${deployment.stack.environment.PATH}` };
});

afterAll(() => deployment?.remove());

test("a plain up with Node 20 first on PATH deploys, or says in one line what to run instead", async () => {
  const { code, stdout, stderr } = await deployment.stack.pulumi(["up", "--yes"], environment);
  const text = `${stdout}${stderr}`;
  expect(text).not.toMatch(/ERR_UNKNOWN_FILE_EXTENSION|SyntaxError|\n\s+at /);
  if (code === 0) {
    expect(await deployment.onServer("/root/backup_database.sh")).toContain("backup finished");
  } else {
    expect(text).toMatch(/Node 20\.\S+ is first on PATH .* npm run pulumi -- up/);
    expect(await deployment.onServer("ls -A /root")).not.toContain("backup_database.sh");
  }
});
