import { RemoteHostError } from "../../errors.ts";
import type { Requirements } from "../../requirements.ts";
import type { Server } from "../server.ts";
import type { Machine } from "../ssh/greeting.ts";
import { type Inspection, inspectionScript, parseInspection } from "./inspection.ts";
import { judge } from "./judgement.ts";
import type { Judgement } from "./sentences.ts";

/** A look at a server against its requirements. `machine` and `seen` are null for one that could not be looked at. */
export interface Examination extends Judgement {
  machine: Machine | null;
  seen: Inspection | null;
}

interface Remembered {
  question: string;
  at: number;
  answer: Promise<Examination>;
}

// Milliseconds for which a look answers the next one with the same requirements: from the refresh to the program.
const freshness = 60_000;
const remembered = new WeakMap<Server, Remembered>();

/** Looks at a server now. Never fails: what kept it, or a read before it, from looking is a problem. */
export async function examine(
  server: Server,
  stack: string,
  requirements: Requirements,
): Promise<Examination> {
  return withUnread(server, await look(server, stack, requirements));
}

/** A look that is remembered knows nothing of reads that failed after it. */
function withUnread(server: Server, examination: Examination): Examination {
  if (examination.machine === null) return examination;
  const problems = [...new Set([...examination.problems, ...server.unread()])];
  return { ...examination, problems };
}

async function look(server: Server, stack: string, requirements: Requirements): Promise<Examination> {
  try {
    const { machine } = await server.session();
    const [output, blindness] = await Promise.all([
      server.ask(inspectionScript(requirements), "looking at the server failed"),
      server.blindness(),
    ]);
    const seen = parseInspection(output);
    const { problems, notes, waiting } = judge(server.connection.host, stack, machine, requirements, seen);
    return { problems: blindness ? [...problems, blindness] : problems, notes, waiting, machine, seen };
  } catch (error) {
    if (!(error instanceof RemoteHostError)) throw error;
    return { problems: [error.message], notes: [], waiting: [], machine: null, seen: null };
  }
}

/** As `examine`, but the refresh and the program share one look. */
export async function sharedExamination(
  server: Server,
  stack: string,
  requirements: Requirements,
): Promise<Examination> {
  const question = JSON.stringify([stack, requirements]);
  const last = remembered.get(server);
  const isFresh = last && last.question === question && Date.now() - last.at < freshness;
  const answer = isFresh ? last.answer : look(server, stack, requirements);
  if (!isFresh) remembered.set(server, { question, at: Date.now(), answer });
  return withUnread(server, await answer);
}
