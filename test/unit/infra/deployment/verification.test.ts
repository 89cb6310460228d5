import { expect, test } from "vitest";
import { verify } from "../../../../infra/deployment/verification.ts";
import { OpenServer } from "../../../../infra/remotehost/looking.ts";
import { serverPlanOf } from "../plans.ts";

test("a server that is lost before it has proved anything is a failure of its own", async () => {
  const plan = serverPlanOf();
  const connection = { ...plan.connection, host: "lost.invalid" };
  const server = new OpenServer(connection, () => {});
  const verification = await verify({ plan, server, changed: true, provedByPulumi: false, takesOver: false });
  expect(verification).toMatchObject({ status: null, backedUp: false });
  expect(verification.failure).toContain("lost.invalid");
});
