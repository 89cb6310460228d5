import { expect, it } from "vitest";
import { examineOnce } from "../../../../infra/remotehost/provider/readiness/examination.ts";
import { Server } from "../../../../infra/remotehost/provider/server.ts";
import type { Session } from "../../../../infra/remotehost/provider/ssh/session.ts";
import type { Requirements } from "../../../../infra/remotehost/requirements.ts";

const machine = { id: "1", user: "root", architecture: "x86_64", kernel: "Linux" };

/** A server that answers every question with nothing. */
class SilentServer extends Server {
  override async session(): Promise<Session> {
    const run = async () => ({ code: 0, stdout: Buffer.alloc(0), stderr: "" });
    const over = new Promise<never>(() => {});
    return { machine, requests: 0, pid: undefined, over, run, close: async () => {} };
  }
}

it("a read that failed after the look is a problem all the same, told once", async () => {
  const server = new SilentServer({ key: "a", host: "a" }, () => {});
  const requirements: Requirements = {
    commands: [],
    directories: [],
    databases: [],
    runtime: "pinned",
    mails: false,
  };
  const ask = () => examineOnce(server, "p/s", requirements);
  const { problems } = await ask();
  server.couldNotRead("a: looking at /srv/x failed");
  server.couldNotRead("a: looking at /srv/x failed");
  expect((await ask()).problems).toEqual([...problems, "a: looking at /srv/x failed"]);
});
