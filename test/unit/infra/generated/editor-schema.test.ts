import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { Ajv } from "ajv";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { planOf } from "../../../../infra/config/load.ts";
import { copyKeyName } from "../../../../infra/config/names.ts";
import { settings } from "../../../../infra/config/settings-table.ts";
import { secretFields } from "../../../../infra/config/store-schema.ts";
import { editorSchema, editorSchemaText } from "../../../../infra/generated/editor-schema.ts";
import { samplePath } from "../../../../infra/generated/sample-stack.ts";
import { configurationCases } from "../config/cases.ts";
import { copyKey, stores } from "../config/stores.ts";

/** Checks the schema with a validator from another library than the one that wrote it. */
const validate = new Ajv({ strict: true, strictTypes: false, allErrors: true }).compile(editorSchema());

/** The places that an editor would underline, each with the reason. */
function underlined(file: unknown): string[] {
  return validate(file)
    ? []
    : (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath}: ${message}`);
}

const fileOf = (configuration: Record<string, unknown>): unknown => ({
  config: Object.fromEntries(
    Object.entries(configuration).map(([key, value]) => [`database-backups:${key}`, value]),
  ),
});

const least = { servers: { "cloud.cerveras.com": {} }, databases: { curriculum_library_api: {} } };
const encrypted = { secure: "v1:abc:def" };
const hidden = [...secretFields, copyKeyName];

/** The configuration with everything secret as a file has it. */
const withEncrypted = (values: object): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(values).map(([key, value]: [string, unknown]) => {
      if (typeof value === "string") return [key, hidden.includes(key) ? encrypted : value];
      const isMapping = typeof value === "object" && value !== null && !Array.isArray(value);
      return [key, isMapping ? withEncrypted(value) : value];
    }),
  );

// Compared as JSON, because the formatter changes the layout of the file.
test("the committed schema is the code's: npm run configuration writes it", () => {
  expect(JSON.parse(readFileSync("docs/configuration.schema.json", "utf8"))).toEqual(
    JSON.parse(editorSchemaText()),
  );
});

describe("the example", () => {
  const text = readFileSync(samplePath, "utf8");

  test("names the schema by a path that leads there", () => {
    const [, path = ""] = /^# yaml-language-server: \$schema=(\S+)$/m.exec(text) ?? [];
    expect(JSON.parse(readFileSync(join(dirname(samplePath), path), "utf8"))).toEqual(
      JSON.parse(editorSchemaText()),
    );
  });

  test("is right, and so are its commented defaults", () => {
    expect(underlined(parse(text))).toEqual([]);
    expect(underlined(parse(text.replaceAll(/^ {2}# (?!These)/gm, "  ")))).toEqual([]);
  });
});

test.each<[string, unknown]>([
  ["what Pulumi itself adds", { encryptionsalt: "v1:x", ...Object(fileOf(least)) }],
  [
    "a stack of a cloud's key",
    { secretsprovider: "awskms://x", encryptedkey: "x", ...Object(fileOf(least)) },
  ],
  [
    "other providers' configuration",
    { config: { ...Object(fileOf(least)).config, "docker:host": "unix:///x", "pulumi:tags": { a: "b" } } },
  ],
  ["an encrypted address to report to", fileOf({ ...least, monitoring: { pingUrl: encrypted } })],
  [
    "a server's own encrypted address",
    fileOf({ ...least, servers: { one: { monitoring: { pingUrl: encrypted } } } }),
  ],
  ["encrypted stores", fileOf(withEncrypted({ ...least, copies: stores, copyKey }))],
  [
    "a store that a server has not, and another with a key of its own",
    fileOf({
      ...least,
      servers: { one: { copies: { s3: false, b2: { applicationKey: encrypted } } } },
    }),
  ],
  ["encrypted passwords", fileOf({ ...least, databasePasswords: { curriculum_library_api: encrypted } })],
  ["passwords encrypted together", fileOf({ ...least, databasePasswords: encrypted })],
])("%s is right", (_, file) => {
  expect(underlined(file)).toEqual([]);
});

test.each<[string, unknown, string]>([
  ["no configuration", {}, ": must have required property 'config'"],
  [
    "a key without the project's name",
    { config: { servers: {}, databases: {} } },
    "/config: must NOT have additional properties",
  ],
  [
    "an encrypted path",
    fileOf({ ...least, paths: { log: encrypted } }),
    "/config/database-backups:paths/log: must be string",
  ],
  [
    "a password in plain text",
    fileOf({ ...least, databasePasswords: { curriculum_library_api: "secret" } }),
    "/config/database-backups:databasePasswords/curriculum_library_api: must be object",
  ],
  [
    "a store's secret in plain text",
    fileOf({ ...least, copies: stores }),
    "/config/database-backups:copies/s3/secretAccessKey: must be object",
  ],
  [
    "a key that Pulumi does not know",
    { ...Object(fileOf(least)), confg: {} },
    ": must NOT have additional properties",
  ],
])("%s is wrong", (_, file, says) => {
  expect(underlined(file)).toContain(says);
});

/** Mistakes that only the program finds: in the meaning of a value, or in two values together. */
const beyondEditors = [
  "a B2 store of nowhere",
  "a bad cron expression",
  "a bucket that is missing",
  "a database name of 64 bytes",
  "a database that nobody declared",
  "a date that never comes",
  "a decommissioned server that is declared",
  "a directory below a file",
  "a directory of the system",
  "a directory with ..",
  "a former key that is declared",
  "a former key that is decommissioned",
  "a former key twice",
  "a key for copies that is too short",
  "a key of another type",
  "a key that a targeted run could not tell from another",
  "a level that gzip does not have",
  "a level that one server's compression does not have",
  "a name that its key makes too long",
  "a path with ..",
  "a path with a slash at its end",
  "a prefix that leaves the place",
  "a prefix with a placeholder of another name",
  "a private key with a passphrase",
  "a public key in place of the private one",
  "a rehearsal of backups whose manifests know rows only",
  "a report to an address with a placeholder of another name",
  "a role with a NUL",
  "a secret that is missing",
  "a secret with a line break",
  "a server without databases",
  "a server's own store that lacks something",
  "a store without a type",
  "a store without the stack's key",
  "a template database",
  "a time-out that ssh would refuse",
  "a warning above critical",
  "an SFTP store that nothing opens",
  "an SFTP store with two logins",
  "an SFTP store without a host key",
  "an address with a login in it",
  "an empty secret",
  "an ssh_config path that a jump host's shell would take for a command",
  "another server's place",
  "backups in PostgreSQL's directory",
  "copies at a time that never comes",
  "one address to report to for two servers",
  "one database twice",
  "one managed container for two databases",
  "one path for two purposes",
  "one path for two purposes on a server",
  "one place for two servers",
  "one place under two keys",
  "the address of another server to report to",
  "the address of another server's rehearsals to report to",
  "the same for one server",
  "two keys for one address",
];

test("every configuration that the program refuses is underlined, except what only it can know", () => {
  const missed = configurationCases
    .filter(({ configuration }) => underlined(fileOf(withEncrypted(configuration))).length === 0)
    .map(({ title }) => title);
  expect(missed.sort()).toEqual(beyondEditors);
});

/** Boundary values that the program accepts. */
test.each<[string, Record<string, unknown>]>([
  ["a path of letters, signs and spaces", { paths: { backups: "/srv/Ärger b+c@d=e,f:g%h~i-j/_x" } }],
  [
    "files where daemons look",
    { paths: { cronTable: "/etc/cron.d/A_b-9", logRotation: "/etc/logrotate.d/0" } },
  ],
  ["lists and steps in a schedule", { backups: { schedule: "*/5 1-3,7 * JAN-MAR  mon" } }],
  ["a schedule by name", { backups: { schedule: "@daily" } }],
  ["no rehearsals", { rehearsal: { schedule: "never" } }],
  ["units after a space", { monitoring: { minimumFreeSpace: "1.5 GiB", longQuery: "0.5 h" } }],
  ["an address with the server's key", { monitoring: { pingUrl: "http://a.example:8080/x/{server}" } }],
  ["a local user who gets mail", { monitoring: { mailTo: "root" } }],
  [
    "logins by IPv6 and two jump hosts",
    {
      servers: {
        "A.b-c_1": { host: "fe80::1%eth0", user: "d.e@f", proxyJump: "u@[::1]:22,b", port: 65_535 },
      },
    },
  ],
  [
    "files of the person's own",
    {
      servers: {
        one: { identityFile: "~/my keys/id", sshConfig: "/home/a/x.conf", connectTimeout: "9999s" },
      },
    },
  ],
  [
    "names that PostgreSQL takes",
    { databases: { "0_a": { database: "Ünder score-1", user: "a b", container: "A_b.c-d" } } },
  ],
])("%s is right for the program and for an editor", (_, changes) => {
  const configuration = { ...least, ...changes };
  expect(planOf(configuration)).toHaveProperty("plan");
  expect(underlined(fileOf(configuration))).toEqual([]);
});

/** The schema at a setting's path. */
function nodeAt(path: string): Record<string, unknown> {
  const step = (node: unknown, key: string): unknown =>
    Reflect.get(Object(Reflect.get(Object(node), "properties")), key) ??
    Reflect.get(Object(node), "additionalProperties");
  const [first = "", ...rest] = path.split(".");
  const config: unknown = Reflect.get(Reflect.get(Object(editorSchema()), "properties"), "config");
  return Object(rest.reduce<unknown>(step, step(config, `database-backups:${first}`)));
}

test("an editor shows every setting's meaning and default", () => {
  const shown = settings.filter(({ path }) => !path.includes(",") && !path.startsWith("databasePasswords"));
  expect(shown.length).toBeGreaterThan(50);
  const literal = /^(the|all|as) |KEY|CONTAINER/;
  for (const { path, meaning, fallback } of shown) {
    const node = nodeAt(path);
    if (path !== "decommissioned.KEY" && path !== "servers.KEY.databases")
      expect(node, path).toMatchObject({ description: meaning });
    if (fallback !== null && !literal.test(fallback)) expect(String(node.default), path).toBe(fallback);
  }
});
