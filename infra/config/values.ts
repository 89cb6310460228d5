import * as z from "zod";
import { cronExpressionProblem } from "../../scripts/contract/cron.ts";
import { connectionShapes } from "../remotehost/connection.ts";
import { databaseDefaults } from "./database-defaults.ts";

/**
 * The kinds of value that the configuration consists of. Every text is checked by a function that says
 * what would be right, or null: the same function serves the schema and the tests.
 */
export type TextCheck = (value: string) => string | null;

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
export const control = /[\u0000-\u001f\u007f\u0085\u2028\u2029]/;

export const matching =
  (pattern: RegExp, expected: string, maximumBytes = 255): TextCheck =>
  (value) => {
    if (control.test(value)) return "must not hold line breaks or other control characters";
    if (value.startsWith("-")) return "must not begin with -: a program would take it for an option";
    if (Buffer.byteLength(value) > maximumBytes) return `must not be longer than ${maximumBytes} bytes`;
    return pattern.test(value) ? null : `must be ${expected}`;
  };

/** Directories that are not ours to own: making one of them 0700 would break the server. */
const systemDirectories = new Set(
  ["", "boot", "dev", "etc", "home", "lib", "media", "mnt", "opt", "proc", "root", "run", "srv", "sys", "tmp"]
    .concat(["usr", "usr/local", "var", "var/backups", "var/lib", "var/lib/docker", "var/log", "etc/cron.d"])
    .map((name) => `/${name}`),
);

export const pathCharacters = /^\/[\p{L}\p{N} ._+@=,:%~/-]*$/u;

/** A path on a server: absolute, without `..`, and only of characters that cron, logrotate and sh take literally. */
export const serverPathProblem: TextCheck = (value) => {
  if (control.test(value)) return "must not hold line breaks or other control characters";
  if (!value.startsWith("/")) return "must be an absolute path, beginning with /";
  if (!pathCharacters.test(value)) return "may hold only letters, digits, spaces and . _ + @ = , : % ~ -";
  if (Buffer.byteLength(value) > 1024) return "must not be longer than 1024 bytes";
  if (value.length > 1 && value.endsWith("/"))
    return `must not end with /: write ${value.replace(/\/+$/, "") || "/"}`;
  const parts = value.split("/").slice(1);
  if (parts.some((part) => part === "." || part === "..")) return "must not hold . or .. as a part";
  if (value.length > 1 && parts.includes("")) return "must not hold // ";
  return null;
};

/** A directory of ours, made 0700. */
export const ownDirectoryProblem: TextCheck = (value) =>
  serverPathProblem(value) ??
  (systemDirectories.has(value) ? "must be a directory of its own: this one belongs to the system" : null);

/** A file that a daemon reads from one directory, skipping names with dots and other signs (cron, logrotate). */
const daemonFileProblem =
  (directory: string): TextCheck =>
  (value) =>
    serverPathProblem(value) ??
    (value.startsWith(`${directory}/`) && /^[A-Za-z0-9_-]+$/.test(value.slice(directory.length + 1))
      ? null
      : `must be ${directory}/NAME with a name of letters, digits, - and _: any other is not read`);

export const localPathProblem: TextCheck = (value) => {
  if (control.test(value)) return "must not hold line breaks or other control characters";
  return /^(\/|~\/)./.test(value) ? null : "must be a path on this machine, beginning with / or ~/";
};

/** Values for ssh, checked with the same rules as before each connection. */
const connectionProblem = (field: keyof typeof connectionShapes): TextCheck => {
  const { pattern, wanted } = connectionShapes[field];
  return matching(pattern, wanted, 8192);
};

const identityFileProblem: TextCheck = (value) =>
  localPathProblem(value) ?? connectionProblem("identityFile")(value);
const sshConfigProblem: TextCheck = (value) =>
  localPathProblem(value) ?? connectionProblem("configFile")(value);

export const cronProblem: TextCheck = (value) =>
  control.test(value)
    ? "must not hold line breaks or other control characters"
    : cronExpressionProblem(value);

const secondsOf = { s: 1, m: 60, h: 3600, d: 86_400 } as const;
const bytesOf = { KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30, TiB: 2 ** 40 } as const;

const measured = <Unit extends string>(units: Record<Unit, number>, value: string): number | null => {
  const groups = /^(?<count>[0-9]{1,6}(\.[0-9]{1,3})?) ?(?<unit>[A-Za-z]+)$/.exec(value)?.groups;
  const unit = Object.keys(units).find((name): name is Unit => name === groups?.unit);
  return unit === undefined || groups?.count === undefined
    ? null
    : Math.round(Number(groups.count) * units[unit]);
};

/** Seconds of a duration like `90s`, `5m`, `2h` or `1d`. */
export const durationSeconds = (value: string): number | null => measured(secondsOf, value);
/** Bytes of a size like `500MiB`. */
export const sizeBytes = (value: string): number | null => measured(bytesOf, value);

/** The jobs that report their result. */
export type PingJob = "backup" | "rehearsal";

/** The address that one job of a server reports to. */
export const filledPingUrl = (pattern: string, server: string, job: PingJob): string =>
  pattern.replaceAll("{server}", server).replaceAll("{job}", job);

/** The address is a secret: anyone who has it can report in a server's name. No message contains it. */
export const pingUrlProblem: TextCheck = (value) => {
  if (control.test(value) || /\s/.test(value)) return "must not hold spaces or control characters";
  const example = filledPingUrl(value, "server", "backup");
  if (/[{}]/.test(example))
    return "may hold {server}, which stands for the server's key, {job}, which stands for backup or rehearsal, and no other braces";
  const url = URL.canParse(example) ? new URL(example) : null;
  if (url === null || !/^https?:$/.test(url.protocol))
    return "must be an address beginning with https:// or http://";
  if (url.search !== "" || url.hash !== "")
    return "must not have a ? or # part: /start and /fail are added to it";
  return Buffer.byteLength(value) > 1024 ? "must not be longer than 1024 bytes" : null;
};

const durationProblem: TextCheck = (value) =>
  (durationSeconds(value) ?? 0) > 0 ? null : "must be a duration like 90s, 5m, 2h or 1d";
const timeoutProblem: TextCheck = (value) =>
  durationProblem(value) ??
  (connectionShapes.connectTimeout.pattern.test(String(Math.ceil(durationSeconds(value) ?? 0)))
    ? null
    : "must be shorter than 10000 seconds");
const sizeProblem: TextCheck = (value) =>
  sizeBytes(value) === null ? "must be a size like 500MiB or 2GiB" : null;

const identifierProblem: TextCheck = (value) => {
  if (/[=:/\\"'`$]/.test(value))
    return "must not hold = : / \\ $ or quotes: psql would take it for something else";
  return matching(/^\S(.*\S)?$/u, "a PostgreSQL name without spaces at its ends", 63)(value);
};
const databaseNameProblem: TextCheck = (value) =>
  /^template[01]$/.test(value)
    ? "must be a database of its own, not PostgreSQL's template"
    : identifierProblem(value);

/**
 * Text that a check of this file accepts; `kind` is its name in the reference. The pattern is for editors, which cannot
 * run functions: it accepts everything that the check accepts, and more.
 */
export const text = (kind: string, check: TextCheck, description: string, pattern?: RegExp) =>
  z
    .string()
    .check((context) => {
      const message = check(context.value);
      if (message !== null) context.issues.push({ code: "custom", message, input: context.value });
    })
    .meta({ kind, description, ...(pattern && { pattern: pattern.source }) });

const key = (pattern: RegExp, expected: string, maximumBytes: number) =>
  text("key", matching(pattern, expected, maximumBytes), "", pattern);

export const ServerKey = key(
  /^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?$/,
  "letters, digits, . _ and -, beginning and ending with a letter or digit",
  100,
);
const databaseKeyShape = /^[a-z0-9][a-z0-9_]*$/;
const databaseKeyPlain = matching(
  databaseKeyShape,
  "lower-case letters, digits and _, beginning with a letter or digit",
  63,
);

/** A service may be called my-shop. Its key must not have a dash, but the names derived from the key may. */
const databaseKeyProblem: TextCheck = (given) => {
  const problem = databaseKeyPlain(given);
  if (problem === null) return null;
  const usable = given.toLowerCase().replaceAll(/[^a-z0-9_]/g, "_");
  if (databaseKeyPlain(usable) !== null) return problem;
  const container = databaseDefaults.container(given);
  const named = /^[A-Za-z0-9][A-Za-z0-9_.-]*$/.test(given) ? `, such as container: ${container}` : "";
  return `${problem}: write ${usable}, and under it container, database and user as they really are${named}`;
};
export const DatabaseKey = text("key", databaseKeyProblem, "", databaseKeyShape);

export const StoreKey = key(
  /^[a-z0-9][a-z0-9_-]*$/,
  "lower-case letters, digits, _ and -, beginning with a letter or digit",
  40,
);

const cronShape = /^(@[a-z]+|\S+([ \t]+\S+){4})[ \t]*$/;
const rehearsalShape = new RegExp(`^never$|${cronShape.source}`);
const durationShape = /^(?=.*[1-9])[0-9.]+ ?[smhd]$/;
const sizeShape = /^[0-9.]+ ?[KMGT]iB$/;
const nameShape = /^[^=:/\\"'`$]+$/;
const localPathShape = /^(\/|~\/)./;

export const serverPath = (description: string) =>
  text("path", serverPathProblem, description, pathCharacters);
export const ownDirectory = (description: string) =>
  text("path", ownDirectoryProblem, description, pathCharacters);
export const daemonFile = (directory: string, description: string) =>
  text("path", daemonFileProblem(directory), description, new RegExp(`^${directory}/[A-Za-z0-9_-]+$`));
export const identityFile = (description: string) =>
  text("local path", identityFileProblem, description, localPathShape);
export const sshConfig = (description: string) =>
  text("local path", sshConfigProblem, description, localPathShape);
export const cronExpression = (description: string) =>
  text("cron expression", cronProblem, description, cronShape);
export const rehearsalSchedule = (description: string) =>
  text(
    "cron expression or `never`",
    (given) => (given === "never" ? null : cronProblem(given)),
    description,
    rehearsalShape,
  );
const wherePossible = "container";
const rehearsalPlaceProblem: TextCheck = (given) => {
  if (given === wherePossible) return null;
  const instead = `must be ${wherePossible}, the only place, or left out`;
  if (given !== "database") return instead;
  return `${instead}: rehearsals in a database of the live server are not made any more, because they proved less and could harm that server. Remove the line. The container needs the live container's image on the server, rehearsal.memory for as long as it runs (set less on a small server, such as 128MiB), and on Docker's disk twice the space of the restored database`;
};
export const rehearsalPlace = (description: string) =>
  text("`container`", rehearsalPlaceProblem, description, new RegExp(`^${wherePossible}$`));
export const pingUrl = (description: string) =>
  text("http(s) address", pingUrlProblem, description, /^https?:\/\/[^\s?#]+$/);
export const mailAddress = (description: string) => {
  const shape = /^[A-Za-z0-9._+@-]+$/;
  return text("mail address", matching(shape, "a mail address or a local user's name"), description, shape);
};
export const duration = (description: string) =>
  text("duration", durationProblem, description, durationShape);
export const size = (description: string) => text("size", sizeProblem, description, sizeShape);
const connectionText = (kind: string, field: keyof typeof connectionShapes) => (description: string) =>
  text(kind, connectionProblem(field), description, connectionShapes[field].pattern);
export const host = connectionText("host", "host");
export const login = connectionText("user", "user");
export const jumpHosts = connectionText("hosts", "proxyJump");
export const hostKey = connectionText("host key", "hostKey");
export const timeout = (description: string) => text("duration", timeoutProblem, description, durationShape);
export const containerName = (description: string) => {
  const shape = /^[A-Za-z0-9][A-Za-z0-9_.-]+$/;
  const expected = "a Docker container's name: letters, digits, . _ and -";
  return text("container", matching(shape, expected), description, shape);
};
export const imageName = (description: string) => {
  const shape = /^[a-z0-9][A-Za-z0-9._:/@-]*$/;
  return text("image", matching(shape, "a Docker image's name, like postgres:17"), description, shape);
};
export const stackName = (description: string) => {
  const shape = /^(?:[A-Za-z0-9_.-]{1,100}\/)?[A-Za-z0-9_.-]{1,100}$/;
  return text("stack", matching(shape, "a stack's name, STACK or PROJECT/STACK"), description, shape);
};
export const databaseName = (description: string) =>
  text("database", databaseNameProblem, description, nameShape);
export const roleName = (description: string) => text("user", identifierProblem, description, nameShape);
export const count = (description: string, minimum: number, maximum: number) =>
  z.int().gte(minimum).lte(maximum).meta({ kind: "number", description });
export const percent = (description: string) => count(description, 1, 100);
