import { judgeSurroundings, type SurroundingsJudgement } from "../../scripts/contract/surroundings.ts";
import type { Machine } from "../remotehost/examiner.ts";
import { directoryProblems, unrunnableProblem } from "./directory-look.ts";
import type { Inspection } from "./inspection.ts";
import { firstLine, type Judgement, judgeDatabase } from "./judge-database.ts";
import type { Requirements } from "./requirements.ts";

/** The output of `uname -m`, with the name that Node and npm use. */
export const architectures: Readonly<Record<string, "x64" | "arm64">> = { x86_64: "x64", aarch64: "arm64" };

/** By major version the first suitable minor version. All later major versions are suitable. */
const oldestNodes = {
  // With process.getBuiltinModule.
  usual: { 22: 3, 23: 0 },
  // With zstd in zlib.
  zstd: { 22: 15, 23: 8 },
} as const satisfies Record<string, Record<number, number>>;

/** Compares the observed machine with the requirements. */
export function judge(machine: Machine, requirements: Requirements, seen: Inspection): Judgement {
  const configured = requirements.databases.map(({ container }) => container);
  const others = seen.postgresContainers.filter((name) => !configured.includes(name));
  const circumstances = {
    dockerIsDown: seen.dockerProblem !== null,
    before: requirements.before ? (requirements.managed ?? []) : [],
    others,
    published: requirements.published ?? {},
  };
  const databases = requirements.databases.map((database, index) =>
    judgeDatabase(database, seen.databases[index], circumstances),
  );
  const waiting = databases.flatMap((database) => database.waiting);
  const surroundings = surroundingsJudgement(requirements, seen);
  const problems = [
    ...platformProblems(machine, seen),
    ...runtimeProblems(requirements, seen),
    ...databases.flatMap((database) => database.problems),
    ...requirements.directories.flatMap((one, index) =>
      directoryProblems(one, seen.directories[index], requirements.pathSettings?.[one.path]),
    ),
    ...(seen.unrunnable ?? []).map(unrunnableProblem),
    ...surroundings.problems.filter(({ isMended }) => !isMended).map(problemSentence),
    ...searchProblems(requirements, seen),
    ...logProblems(requirements, seen),
  ];
  const notes = [
    ...databases.flatMap((database) => database.notes),
    ...(waiting.length > 0 ? [] : otherNotes(others)),
    ...mailNotes(requirements, seen),
    ...surroundings.problems.filter(({ isMended }) => isMended).map(({ text }) => `${text}. ${mended}`),
    ...surroundings.notes.map(noteSentence),
  ];
  return { problems, notes, waiting };
}

function otherNotes(others: readonly string[]): string[] {
  if (others.length === 0) return [];
  return [
    `PostgreSQL also runs in ${others.join(", ")}. No configured database names that container, so it is not backed up. [DBK-READY-7]`,
  ];
}

function surroundingsJudgement({ log }: Requirements, { surroundings }: Inspection): SurroundingsJudgement {
  if (surroundings === undefined) return { problems: [], notes: [] };
  return judgeSurroundings(surroundings, log ?? "");
}

/** The missing part of the search may hold the worst. */
function searchProblems({ log, own }: Requirements, { surroundings }: Inspection): string[] {
  if (surroundings !== undefined || own === undefined || log === undefined) return [];
  return [
    "the search for other jobs that run the backups was cut off. Find out why on the server (dmesg), then run the " +
      "same command again. [DBK-READY-15]",
  ];
}

const mended = "pulumi up fixes it (chmod o-w). [DBK-READY-14]";

const problemSentence = ({ text, next }: { text: string; next: string }): string =>
  `${text}. Fix it: ${next} [DBK-READY-14]`;
const noteSentence = ({ text, next }: { text: string; next: string }): string =>
  `${text}. Fix it: ${next} [DBK-READY-15]`;

function platformProblems(
  machine: Machine,
  { osRelease, missingCommands, cronRuns, dockerProblem }: Inspection,
): string[] {
  const problems: string[] = [];
  const families = [osRelease.ID, ...(osRelease.ID_LIKE ?? "").split(" ")];
  if (!architectures[machine.architecture]) {
    problems.push(
      `its architecture ${machine.architecture} is not supported; x86_64 and aarch64 are. [DBK-READY-2]`,
    );
  }
  if (!families.some((family) => family === "debian" || family === "ubuntu")) {
    const name = osRelease.PRETTY_NAME ?? osRelease.ID ?? "unknown";
    problems.push(`its operating system (${name}) is not supported; Debian and Ubuntu are. [DBK-READY-2]`);
  }
  if (missingCommands.length > 0) {
    problems.push(
      `commands are missing: ${missingCommands.join(", ")}. Install the packages that have them. [DBK-READY-2]`,
    );
  }
  if (!cronRuns) problems.push("cron is not running. Start it: systemctl enable --now cron [DBK-READY-3]");
  if (dockerProblem !== null && !missingCommands.includes("docker")) {
    problems.push(
      `the Docker daemon does not answer (${firstLine(dockerProblem)}). Start it: systemctl start docker [DBK-READY-3]`,
    );
  }
  return problems;
}

function runtimeProblems({ runtime, zstd }: Requirements, { systemNode }: Inspection): string[] {
  if (runtime === "pinned") return [];
  const oldest: Readonly<Record<number, number>> = zstd ? oldestNodes.zstd : oldestNodes.usual;
  const why = zstd ? ", which reads backups that zstd compressed" : "";
  const wanted = `Install Node 22.${oldest[22]} or later${why}, or set runtime to pinned. [DBK-READY-4]`;
  if (!systemNode) return [`it has no node on its PATH. ${wanted}`];
  const [major = 0, minor = 0] = systemNode.version.split(".").map(Number);
  if (major > 23 || minor >= (oldest[major] ?? Number.POSITIVE_INFINITY)) return [];
  return [`its ${systemNode.path} is version ${systemNode.version || "unknown"}. ${wanted}`];
}

function mailNotes({ mails }: Requirements, { hasMailer }: Inspection): string[] {
  if (!mails || hasMailer) return [];
  return [
    "there is no /usr/sbin/sendmail, so cron cannot send mail to monitoring.mailTo. Install a mailer, such as " +
      "msmtp-mta or postfix. [DBK-READY-17]",
  ];
}

/** The programs run without a log. Whatever replaced the log was put there by hand, so a person has to look. */
function logProblems({ log }: Requirements, { logProblem }: Inspection): string[] {
  if (log === undefined || logProblem === null) return [];
  return [`cannot write the log ${log}: ${logProblem}. Move it away, or make it writable. [DBK-READY-5]`];
}
