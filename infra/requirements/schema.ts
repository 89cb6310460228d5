import * as z from "zod/mini";
import { pathProblem, ruled } from "../remotehost/examiner.ts";
import { laterOf } from "./requirements.ts";

const word = ruled((text) =>
  /^[^\p{Cc}-]\P{Cc}*$/u.test(text) ? null : "it must be one line that does not begin with a dash",
);

/** All of them, as a plugin takes them; of a wrong one it says what is wrong. */
export const requirementsSchema = z.strictObject({
  commands: z.array(word),
  directories: z.array(z.strictObject({ path: ruled(pathProblem), minimumFree: z.number().check(z.gte(0)) })),
  databases: z.array(
    z.strictObject({
      name: ruled((text) => (/^[a-z0-9_]+$/.test(text) ? null : "use small letters, digits and _ only")),
      container: ruled((text) =>
        /^[A-Za-z0-9][A-Za-z0-9_.-]*$/.test(text) ? null : "it is not a container name",
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
export const laterShape = laterOf(requirementsSchema.shape);

/** What a later version has left in a state is passed over. */
export const keptSchema = z.object(requirementsSchema.shape);
