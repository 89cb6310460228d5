import { expect, it } from "vitest";
import { providerFunctions } from "../../../../../../infra/remotehost/provider/functions.ts";
import { KnownServers } from "../../../../../../infra/remotehost/provider/known-servers.ts";
import { sharedExamination } from "../../../../../../infra/remotehost/provider/readiness/examination.ts";
import { readiness } from "../../../../../../infra/remotehost/provider/readiness/resource.ts";
import { Server } from "../../../../../../infra/remotehost/provider/server.ts";
import type { Session } from "../../../../../../infra/remotehost/provider/ssh/session.ts";
import type { Properties } from "../../../../../../infra/remotehost/provider/wire.ts";
import { kept, type Requirements } from "../../../../../../infra/remotehost/requirements.ts";

const machine = { id: "1", user: "root", architecture: "x86_64", kernel: "Linux" };

/** A server that answers every question with nothing. */
class SilentServer extends Server {
  questions = 0;

  override async session(): Promise<Session> {
    const run = async () => {
      this.questions += 1;
      return { code: 0, stdout: Buffer.alloc(0), stderr: "" };
    };
    const over = new Promise<never>(() => {});
    return { machine, requests: 0, pid: undefined, over, run, close: async () => {} };
  }
}

const requirements: Requirements = {
  log: "/root/backup_database.log",
  ...{ commands: [], directories: [], databases: [] },
  ...{ runtime: "pinned", mails: false, managed: ["shop"] },
};

it("the refresh and the program share one look", async () => {
  const connection = { key: "a", host: "a" };
  const server = new SilentServer(connection, () => {});
  const nothing = { urn: "", formerStack: null, replaced: "/x", tell: () => {}, progress: () => {} };
  await readiness.read({ ...nothing, stack: "p/s", server }, {
    connection,
    ...kept(requirements),
    problems: [],
  } as unknown as Properties);
  const { questions } = server;
  const getServer = providerFunctions(new KnownServers(), () => server)["remotehost:index:getServer"];
  await getServer?.({ connection, requirements, stack: "p/s" } as unknown as Properties);
  expect(questions).toBeGreaterThan(0);
  expect(server.questions).toBe(questions);
});

it("a read that failed after the look is a problem all the same, reported once", async () => {
  const server = new SilentServer({ key: "a", host: "a" }, () => {});
  const ask = () => sharedExamination(server, "p/s", requirements);
  const { problems } = await ask();
  server.couldNotRead("a: looking at /srv/x failed");
  server.couldNotRead("a: looking at /srv/x failed");
  expect((await ask()).problems).toEqual([...problems, "a: looking at /srv/x failed"]);
});
