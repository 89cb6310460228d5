import type { Span } from "./trace.ts";

/** Where the time of one preview goes, in seconds; together they are the whole preview. */
export interface Phases {
  /** Everything that is none of the others. */
  cli: number;
  languageHost: number;
  /** All starts of the plugin together: the engine starts it once to look, and once to check the program's inputs. */
  pluginStart: number;
  /** From the start of ssh to the server's first word. */
  handshake: number;
  /** The rest of the refresh: looking at the server. */
  commands: number;
  /** From the start of its Node to the program's first question. */
  programStart: number;
  /** From there to its end. */
  program: number;
}

export interface Profile {
  phases: Phases;
  /** The longest single start of the plugin. */
  onePluginStart: number;
}

const languageCalls = /^pulumirpc\.LanguageRuntime\/(?!Run$)/;
const looks = /^pulumirpc\.ResourceProvider\/(?:Read|Diff)$/;

/** Takes a preview's spans apart; `handshake` was measured in the plugin. @throws Error where a span is missing */
export function profileOf(spans: readonly Span[], handshake: number): Profile {
  const whole = one(spans, ({ name }) => name === "pulumi");
  const run = one(spans, ({ name }) => name === "pulumirpc.LanguageRuntime/Run");
  const question = one(spans, ({ name }) => name === "pulumirpc.ResourceMonitor/Invoke");
  const starts = (kind: string) =>
    spans.filter(({ name, attributes }) => name === "newPlugin" && attributes.kind === kind);
  const plugins = starts("resource");
  const duringProgram = plugins.filter(({ start }) => start >= run.start);
  const refresh = covered(spans.filter(({ name, end }) => looks.test(name) && end <= run.start));
  const languageHost = covered([
    ...starts("language"),
    ...spans.filter(({ name }) => languageCalls.test(name)),
  ]);
  const programStart = question.start - run.start;
  const parts = {
    languageHost,
    pluginStart: covered(plugins),
    handshake,
    commands: refresh - handshake,
    programStart,
    program: length(run) - programStart - covered(duringProgram),
  };
  const rest = Object.values(parts).reduce((sum, seconds) => sum + seconds, 0);
  return {
    phases: { cli: length(whole) - rest, ...parts },
    onePluginStart: Math.max(...plugins.map(length)),
  };
}

const length = ({ start, end }: Span): number => end - start;

function one(spans: readonly Span[], isRight: (span: Span) => boolean): Span {
  const found = spans.find(isRight);
  if (found === undefined) throw new Error("the trace of a preview lacks a span that it should have");
  return found;
}

/** Seconds in which at least one of them was under way; they are in order of their beginning. */
function covered(spans: readonly Span[]): number {
  let sum = 0;
  let until = 0;
  for (const { start, end } of [...spans].sort((a, b) => a.start - b.start)) {
    sum += Math.max(0, end - Math.max(start, until));
    until = Math.max(until, end);
  }
  return sum;
}
