import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { environment } from "../../e2e/servers.ts";
import { createStack, type SandboxStack } from "../../sandbox/stack.ts";
import { endAll } from "../endings.ts";
import { startLink } from "../provisioning/link.ts";
import { printedBy } from "../provisioning/program.ts";
import { sshConfigText } from "../provisioning/road.ts";
import { contentsIn, withManyServers } from "./many-servers.ts";
import type { Recording } from "./recording.ts";
import { type Rename, renamed, renamedRecording, renameOf } from "./rename.ts";
import { startSimulation } from "./simulation.ts";

/** A real server alone in its stack, and what it answered. */
export interface Original {
  /** Its key in the configuration. */
  alias: string;
  /** What stands under it. */
  entry: Readonly<Record<string, unknown>>;
  sshConfig: string;
  identityFile: string;
  /** The stack's name without the project's. */
  stackName: string;
  /** As `pulumi stack export` gives it. */
  state: string;
  recording: Recording;
}

/** A stack of servers that are all simulated by one process, at the end of a long way. */
export interface SimulatedFleet {
  stack: SandboxStack;
  /** How many servers. */
  count: number;
  /** What the simulating process took of the processors so far. */
  simulationSeconds(): number;
  remove(): Promise<void>;
}

/** As long as the names of sandbox servers, because widths and sizes of texts must stay as they were. */
const nameOf = (index: number): string => `phantom-${String(index + 1).padStart(3, "0")}`;

/**
 * A stack of `count` servers that differ from a real one in name, host key, port and machine-id alone. Its state is the
 * real stack's, multiplied; an update that must find nothing to do writes it as the engine does.
 */
export async function simulatedFleet(
  original: Original,
  count: number,
  roundTrip: number,
): Promise<SimulatedFleet> {
  const directory = mkdtempSync(join(tmpdir(), "database-backups-phantoms-"));
  const [sshConfig, knownHosts] = [join(directory, "ssh_config"), join(directory, "known_hosts")];
  const ends: (() => unknown)[] = [() => rmSync(directory, { recursive: true })];
  const remove = async () => {
    await endAll(ends);
  };
  try {
    const names = Array.from({ length: count }, (_, index) => nameOf(index));
    if (names.some(({ length }) => length !== original.alias.length))
      throw new Error(`no simulated server has a name as long as ${original.alias}`);
    const contents = contentsIn(original.state);
    const renames = names.map((name) =>
      renameOf(
        [
          [original.sshConfig, sshConfig],
          [original.alias, name],
        ],
        contents,
      ),
    );
    const simulation = await startSimulation(
      renames.map((rename) => renamedRecording(original.recording, rename)),
    );
    ends.push(simulation.end);
    const link = await startLink(
      roundTrip,
      simulation.servers.map(({ port }) => port),
    );
    ends.push(link.end);
    const ways = names.map((name, index) => ({
      name,
      port: link.ports[index] ?? 0,
      hostKey: simulation.servers[index]?.hostKey ?? "",
    }));
    const { identityFile } = original;
    const config = ways.map(({ name, port }) => sshConfigText(name, { port, identityFile, knownHosts }));
    writeFileSync(sshConfig, config.join("\n"), { mode: 0o600 });
    writeFileSync(knownHosts, ways.map(({ port, hostKey }) => `[127.0.0.1]:${port} ${hostKey}\n`).join(""));
    const stack = await stackOf(original, names, renames, directory);
    ends.push(stack.remove);
    return { stack, count, simulationSeconds: simulation.cpuSeconds, remove };
  } catch (error) {
    await remove();
    throw error;
  }
}

async function stackOf(
  { alias, entry, state, stackName }: Original,
  names: readonly string[],
  renames: readonly Rename[],
  directory: string,
): Promise<SandboxStack> {
  const stack = await createStack({ name: stackName, servers: [], parent: directory });
  const entries = names.map((name, index) => {
    const rename = renames[index] ?? renameOf([], []);
    return [name, JSON.parse(renamed(JSON.stringify(entry), rename))];
  });
  stack.configure({ ...environment, servers: Object.fromEntries(entries) });
  const file = join(directory, "state.json");
  writeFileSync(file, withManyServers(state, alias, renames));
  printedBy(await stack.pulumi(["stack", "import", "--file", file]));
  printedBy(await stack.pulumi(["up", "--yes", "--skip-preview", "--expect-no-changes"]));
  return stack;
}
