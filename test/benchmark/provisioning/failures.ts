import { readFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import { succeed } from "../../../infra/local-machine/command.ts";
import { type Contest, type Contestant, within } from "../contest.ts";
import { type Program, programName } from "./program.ts";
import { type Way, writeKnownHosts } from "./road.ts";
import { timed } from "./timing.ts";
import type { Tool } from "./tool.ts";

/** A way that leads to nothing good. */
interface WrongWay {
  what: string;
  changes: Partial<Way>;
  /** What this program must say of it. */
  says: RegExp;
  /** Seconds in which this program is to have said it. */
  limit: number;
}

export interface Failures {
  contests: Contest[];
  end(): void;
}

/** Contests about how long it takes until a server that cannot be had is an error. All is deployed before. */
export async function failures(
  program: Program,
  others: readonly Tool[],
  directory: string,
  rounds: number,
): Promise<Failures> {
  const listener = createServer((socket) => socket.on("error", () => {}));
  await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
  const { port } = listener.address() as AddressInfo;
  const identityFile = join(directory, "foreign_key");
  await succeed(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", identityFile]);
  const foreignKey = readFileSync(`${identityFile}.pub`, "utf8").split(" ").slice(0, 2).join(" ");
  const knownHosts = join(directory, "foreign_known_hosts");
  const ways: WrongWay[] = [
    { what: "silent host", changes: { port }, says: /could not be reached over ssh/, limit: 15 },
    { what: "refused key", changes: { identityFile }, says: /Permission denied \(publickey/, limit: 3 },
    { what: "wrong host key", changes: { knownHosts }, says: /another machine may be answering/, limit: 3 },
  ];
  const led =
    (tool: Tool, { changes }: WrongWay, look: () => Promise<void>) =>
    async () => {
      const { way } = tool.road;
      writeKnownHosts(knownHosts, way.port, foreignKey);
      tool.road.lead(changes);
      try {
        return await timed(look);
      } finally {
        tool.road.lead(way);
      }
    };
  const contests = ways.map(
    (way): Contest => ({
      title: `Until the error: ${way.what}`,
      work: "A drift check of a server that was deployed, until it ends with the error. 50 ms round trip, patience as each tool has it by itself.",
      rounds,
      contestants: [
        { name: program.name, note: program.note, run: led(program, way, () => mustSay(program, way.says)) },
        ...others.map(
          (tool): Contestant => ({
            name: tool.name,
            note: tool.note,
            ...(tool.rest && { prepare: tool.rest }),
            run: led(tool, way, () => mustFail(tool)),
          }),
        ),
      ],
      goals: (median) => [within(`error of a ${way.what}`, median(programName), way.limit)],
    }),
  );
  return { contests, end: () => listener.close() };
}

async function mustSay({ stack }: Program, says: RegExp): Promise<void> {
  const { code, stdout, stderr } = await stack.pulumi(["preview", "--expect-no-changes"]);
  if (code === 0 || !says.test(stdout + stderr))
    throw new Error(`the preview exits ${code} and does not say ${says}:\n${stdout}${stderr}`);
}

async function mustFail(tool: Tool): Promise<void> {
  const failed = await tool.check?.().then(
    () => false,
    () => true,
  );
  if (!failed) throw new Error(`${tool.name} does not fail`);
}
