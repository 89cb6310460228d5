import { expect, test } from "vitest";
import { keysOfRecords, twinProblem } from "../../../../infra/deployment/preflight.ts";
import { judgeHostKey } from "../../../../infra/deployment/trust.ts";
import { execute } from "../../../../infra/local-machine/command.ts";
import { fingerprintOf, learntHostKey } from "../../../../infra/remotehost/host-key.ts";
import { OpenServer } from "../../../../infra/remotehost/looking.ts";
import { seed, serverPlanOf } from "../plans.ts";

const key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIPV688asugf/JrgJ1jcyad7tJb3M8pozMtEdHVDvnuF0";

test("a fingerprint equals that of ssh-keygen", async () => {
  const { stdout } = await execute(["ssh-keygen", "-l", "-f", "-"], { input: key });
  expect(stdout).toContain(` ${fingerprintOf(key)} `);
});

test("the key is read from the line that ssh has written last", () => {
  expect(learntHostKey(`[192.0.2.1]:2222 ${key}\n`)).toBe(key);
  expect(learntHostKey("")).toBeNull();
});

test("an unknown key needs a confirmation, or is refused", () => {
  const own = fingerprintOf(key);
  expect(judgeHostKey(key, own, false)).toBe("accepted");
  expect(judgeHostKey(key, `${own}=`, true)).toBe("accepted");
  expect(judgeHostKey(key, `SHA256:${"a".repeat(43)}`, true)).toBe("different");
  expect(judgeHostKey(key, null, true)).toBe("ask");
  expect(judgeHostKey(key, null, false)).toBe("refused");
});

test("the records of a machine tell under which keys it is deployed", () => {
  const urn = (name: string, type = "File") => `urn=urn:pulumi:prod::p::x$remotehost:index:${type}::${name}`;
  const text = [
    urn("web-1-cron-table", "CronTable"),
    urn("web-1-installation"),
    urn("a.b-installation"),
  ].join("\n");
  expect(keysOfRecords(text)).toEqual(["a.b", "web-1"]);
  expect(keysOfRecords("")).toEqual([]);
});

test("a second name of a deployed machine is refused, with advice for a clone", () => {
  const plan = serverPlanOf({ ...seed, servers: { two: {} } });
  const look = { plan, problems: [], notes: [], waiting: [], refusal: null, deployedAs: ["one", "gone"] };
  const server = new OpenServer(plan.connection, () => {});
  expect(twinProblem({ ...look, server }, ["one", "two"])).toMatch(
    /^two: it is the same machine as one, .* formerly: one .*rm -r \/var\/lib\/remotehost.*systemd-machine-id-setup\. \[DBK-READY-16\]$/,
  );
  expect(twinProblem({ ...look, server }, ["two"])).toBeNull();
});
