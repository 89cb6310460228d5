import { RemoteHostError } from "../../errors.ts";
import type { Probe, Verdict } from "../../examiner.ts";
import type { Server } from "../server.ts";
import type { Machine } from "../ssh/greeting.ts";
import { handoverNotes, ownerIn, ownerProblems, ownerScript } from "./ownership.ts";

/** A look at a server against its requirements: sentences with its name. */
export interface Examination<Facts extends object = object> extends Verdict<Facts> {
  /** Null for a server that could not be looked at. */
  machine: Machine | null;
  /** `PROJECT/STACK` that owns the machine; null also where that is not known. */
  owner: string | null;
}

interface Remembered {
  question: string;
  at: number;
  answer: Promise<Examination>;
}

// Milliseconds for which a look is reused for the same requirements: from the refresh to the program.
const freshness = 60_000;
const remembered = new WeakMap<Server, Remembered>();

/** Looks at a server now. Never fails: the error of the look, or of a read before it, becomes a problem. */
export async function examine<Facts extends object>(
  server: Server,
  stack: string,
  probe: Probe<Facts>,
): Promise<Examination<Facts>> {
  return withUnread(server, await look(server, stack, probe));
}

/** A remembered look does not include reads that failed after it. */
function withUnread<Facts extends object>(
  server: Server,
  examination: Examination<Facts>,
): Examination<Facts> {
  if (examination.machine === null) return examination;
  const problems = [...new Set([...examination.problems, ...server.unread()])];
  return { ...examination, problems };
}

async function look<Facts extends object>(
  server: Server,
  stack: string,
  { script, formerStack, judge, unseen }: Probe<Facts>,
): Promise<Examination<Facts>> {
  try {
    const { machine } = await server.session();
    const [output, blindness] = await Promise.all([
      server.ask(`${script}\n${ownerScript}`, "looking at the server failed"),
      server.blindness(),
    ]);
    const owner = ownerIn(output);
    const ownership = { owner, stack, formerStack };
    const { problems, notes, facts } = judge(machine, output);
    const named = (sentence: string) => `${server.connection.host}: ${sentence}`;
    return {
      problems: [
        ...[...ownerProblems(ownership), ...problems].map(named),
        ...(blindness === null ? [] : [blindness]),
      ],
      notes: [...handoverNotes(ownership), ...notes].map(named),
      facts,
      machine,
      owner,
    };
  } catch (error) {
    if (!(error instanceof RemoteHostError)) throw error;
    return { problems: [error.message], notes: [], facts: unseen, machine: null, owner: null };
  }
}

/** As `examine`, but the refresh and the program share one look. */
export async function sharedExamination(server: Server, stack: string, probe: Probe): Promise<Examination> {
  const question = JSON.stringify([stack, probe.question]);
  const last = remembered.get(server);
  const isFresh = last && last.question === question && Date.now() - last.at < freshness;
  const answer = isFresh ? last.answer : look(server, stack, probe);
  if (!isFresh) remembered.set(server, { question, at: Date.now(), answer });
  return withUnread(server, await answer);
}
