import { describe, expect, it } from "vitest";
import { providerFunctions } from "../../../../../../infra/remotehost/provider/functions.ts";
import { KnownServers } from "../../../../../../infra/remotehost/provider/known-servers.ts";
import {
  examine,
  sharedExamination,
} from "../../../../../../infra/remotehost/provider/readiness/examination.ts";
import { readinessOf } from "../../../../../../infra/remotehost/provider/readiness/resource.ts";
import { Server } from "../../../../../../infra/remotehost/provider/server.ts";
import type { Session } from "../../../../../../infra/remotehost/provider/ssh/session.ts";
import { toyExaminer, toyProbe } from "../toy-examiner.ts";

const machine = { id: "1", user: "root", architecture: "x86_64", kernel: "Linux" };

/** A server that gives the same answer to every question. */
class ToyServer extends Server {
  questions = 0;
  readonly #answer: string;

  constructor(answer = "") {
    super({ key: "a", host: "a.example" }, () => {});
    this.#answer = answer;
  }

  override async session(): Promise<Session> {
    const run = async () => {
      this.questions += 1;
      return { code: 0, stdout: Buffer.from(this.#answer), stderr: "" };
    };
    const over = new Promise<never>(() => {});
    return { machine, requests: 0, pid: undefined, over, run, close: async () => {} };
  }
}

it("the refresh and the program share one look", async () => {
  const server = new ToyServer("word:well\n");
  const { connection } = server;
  const nothing = { replaced: { directory: "", usual: "" }, cache: "", tell: () => {}, progress: () => {} };
  const context = { ...nothing, urn: "", stack: "p/s", formerStack: null, server };
  const requirements = { word: "well" };
  await readinessOf(toyExaminer).read(context, { connection: { ...connection }, requirements, problems: [] });
  const { questions } = server;
  const functions = providerFunctions(new KnownServers(), () => server, toyExaminer);
  const getServer = functions["remotehost:index:getServer"];
  const facts = await getServer?.({ connection: { ...connection }, requirements, stack: "p/s" });
  expect(facts).toMatchObject({ key: "a", reachable: true, machineId: "1", said: "well" });
  expect(questions).toBeGreaterThan(0);
  expect(server.questions).toBe(questions);
});

it("a read that failed after the look is a problem all the same, reported once", async () => {
  const server = new ToyServer();
  const ask = () => sharedExamination(server, "p/s", toyProbe());
  const { problems } = await ask();
  server.couldNotRead("a: looking at /srv/x failed");
  server.couldNotRead("a: looking at /srv/x failed");
  expect((await ask()).problems).toEqual([...problems, "a: looking at /srv/x failed"]);
});

it("every sentence begins with the host", async () => {
  const { problems } = await examine(new ToyServer("word:ill\n"), "p/s", toyProbe());
  expect(problems).toEqual(["a.example: it says ill"]);
});

const belongs = expect.stringMatching(/^a\.example: the machine belongs to the stack p\/old, not to p\/s\. /);
describe("a machine that a stack owns", () => {
  it.each([
    ["this one", "p/s", undefined, [], []],
    ["nobody", null, undefined, [], []],
    [
      "one that hands it over",
      "p/old",
      "p/old",
      [],
      ["a.example: the stack p/old hands the machine over to p/s. [DBK-STACK-10]"],
    ],
    [
      "this one by now, which took it over",
      "p/s",
      "p/old",
      [],
      [expect.stringContaining("does not own this machine")],
    ],
    ["one that hands nothing over", "p/old", undefined, [belongs], []],
    ["another than the one named", "p/old", "p/third", [belongs], [expect.anything()]],
  ])("%s", async (_, owner, formerStack, problems, notes) => {
    const line = owner === null ? "" : `owner:${Buffer.from(`${owner}\n`).toString("base64")}\n`;
    const examination = await examine(
      new ToyServer(`word:well\n${line}`),
      "p/s",
      toyProbe("well", formerStack),
    );
    expect(examination).toMatchObject({ owner, problems, notes, facts: { said: "well" } });
  });
});
