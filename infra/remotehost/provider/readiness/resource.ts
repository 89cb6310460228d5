import { setTimeout as sleep } from "node:timers/promises";
import * as z from "zod/mini";
import { laterOf, type Requirements, requirementsOf } from "../../requirements.ts";
import type { RemoteResource, RequestContext } from "../resource.ts";
import { pathProblem } from "../rules.ts";
import { connectionSchema, failuresOf, ruled } from "../schema.ts";
import type { Properties } from "../wire.ts";
import { type Examination, examine, sharedExamination } from "./examination.ts";

/** Milliseconds that a managed container's PostgreSQL may take to answer after it was started. */
const startPatience = 60_000;
const betweenLooks = 1_000;

const word = ruled((text) =>
  /^[^\p{Cc}-]\P{Cc}*$/u.test(text) ? null : "it must be one line that does not begin with a dash",
);

export const requirementsSchema = z.strictObject({
  commands: z.array(word),
  directories: z.array(z.strictObject({ path: ruled(pathProblem), minimumFree: z.number().check(z.gte(0)) })),
  databases: z.array(
    z.strictObject({
      name: ruled((text) => (/^[a-z0-9_]+$/.test(text) ? null : "use small letters, digits and _ only")),
      container: ruled((text) =>
        /^[A-Za-z0-9][A-Za-z0-9_.-]*$/.test(text) ? null : "it is no container's name",
      ),
      database: word,
      user: word,
      dataDirectory: ruled(pathProblem),
      port: z.exactOptional(z.int().check(z.gte(1), z.lte(65_535))),
      passwordFile: z.exactOptional(ruled(pathProblem)),
      backups: ruled(pathProblem),
    }),
  ),
  runtime: z.enum(["pinned", "system"]),
  zstd: z.exactOptional(z.boolean()),
  mails: z.boolean(),
  before: z.exactOptional(z.boolean()),
  log: z.exactOptional(ruled(pathProblem)),
  executes: z.exactOptional(z.array(ruled(pathProblem))),
  own: z.exactOptional(
    z.object({
      cronTable: ruled(pathProblem),
      logRotation: ruled(pathProblem),
      backupLauncher: ruled(pathProblem),
      installation: ruled(pathProblem),
    }),
  ),
  pathSettings: z.exactOptional(z.record(ruled(pathProblem), word)),
  managed: z.exactOptional(z.array(z.string())),
  published: z.exactOptional(z.record(z.string(), z.int())),
  formerStack: z.exactOptional(z.string()),
});

/** What stands beside the others in the state. */
const later = laterOf(requirementsSchema.shape);

const schema = z.strictObject({
  connection: connectionSchema,
  requirements: requirementsSchema,
  ...later,
  problems: z.array(z.string()).check(z.maxLength(0)),
});
/** What a later version has left there is passed over. */
const State = z.object({
  connection: connectionSchema,
  requirements: z.object(requirementsSchema.shape),
  ...later,
  problems: z.array(z.string()),
  notes: z.optional(z.array(z.string())),
  lookedAt: z.optional(z.string()),
  neverReady: z.optional(z.boolean()),
});

export const readiness: RemoteResource = {
  identity: [],

  async check(news) {
    const values = { problems: [], ...news.values };
    return { inputs: values, failures: failuresOf(schema, { ...news, values }) };
  },

  id: () => "readiness",

  async read({ server, stack }, properties) {
    const { problems: stored, notes: _, lookedAt: __, neverReady = false, ...kept } = State.parse(properties);
    const { problems, notes } = await sharedExamination(server, stack, requirementsOf(kept));
    // An update that failed has stored its problems: the same ones must differ from them at every later look. So must
    // a server to which nothing was deployed yet, whatever it offers by now.
    const isKnown = neverReady || (problems.length > 0 && stored.length > 0);
    const lookedAt = isKnown ? { lookedAt: new Date().toISOString() } : {};
    const inputs = { ...kept, problems, ...lookedAt };
    return { outputs: { ...inputs, notes, ...(neverReady && { neverReady }) }, inputs };
  },

  inputsOf(properties) {
    const { notes: _, neverReady: __, ...inputs } = State.parse(properties);
    return inputs;
  },

  async put(context, properties) {
    const { problems: _, notes: __, lookedAt: ___, neverReady: ____, ...kept } = State.parse(properties);
    const { problems, notes } = await examinePatiently(context, requirementsOf(kept));
    if (problems.length > 0) throw new NotReady(context.server.connection.key, problems);
    return { ...kept, problems, notes };
  },

  async remove() {},
};

/** PostgreSQL in a container that was made or started a moment ago answers once it has recovered. */
async function examinePatiently(
  { server, stack, progress }: RequestContext,
  requirements: Requirements,
): Promise<Examination> {
  const begun = performance.now();
  for (;;) {
    const examination = await examine(server, stack, requirements);
    const mayPass = examination.machine !== null && (requirements.managed ?? []).length > 0;
    if (examination.problems.length === 0 || !mayPass || performance.now() - begun > startPatience)
      return examination;
    progress(`waits for the databases: ${examination.problems.join("; ")}`);
    await sleep(betweenLooks);
  }
}

/** Whether the resource is in the state for its problem alone: the server was not ready at its first deployment. */
export const wasNeverReady = ({ neverReady }: Properties): boolean => neverReady === true;

/** The server is not ready; the message has every cause. */
export class NotReady extends Error {
  readonly problems: readonly string[];

  constructor(key: string, problems: readonly string[]) {
    const causes = problems.map((problem) => `\n  - ${problem}`).join("");
    super(`the server ${key} is not ready, and nothing on it was changed [DBK-READY-1]:${causes}`);
    this.name = "NotReady";
    this.problems = problems;
  }
}

/**
 * The first look at a server found it not ready. The engine takes what stands in `properties` into the state all the
 * same: a refresh compares the servers with the state alone, and must see this one.
 */
export class FirstNotReady extends NotReady {
  readonly id = "readiness";
  readonly properties: Properties;
  readonly reasons: string[];

  constructor(key: string, problems: readonly string[], inputs: Properties) {
    super(key, problems);
    this.properties = { ...inputs, problems: [...problems], neverReady: true };
    this.reasons = [this.message];
  }
}
