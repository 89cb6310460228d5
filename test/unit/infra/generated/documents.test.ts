import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { defaults } from "../../../../infra/config/defaults.ts";
import { planOf } from "../../../../infra/config/load.ts";
import { standIn } from "../../../../infra/config/secrets.ts";
import { settings } from "../../../../infra/config/settings-table.ts";
import { configurationTable, withConfigurationTable } from "../../../../infra/generated/reference.ts";
import { samplePath, sampleStack } from "../../../../infra/generated/sample-stack.ts";
import { serverPlanOf } from "../plans.ts";

const project = "database-backups:";

/** A stack file's configuration by key, as Pulumi passes it to the program. */
function configurationIn(text: string): Record<string, unknown> {
  const file = parse(text);
  const config: unknown = typeof file === "object" && file !== null ? Reflect.get(file, "config") : null;
  const entries: [string, unknown][] = Object.entries(
    typeof config === "object" && config !== null ? config : {},
  );
  return Object.fromEntries(entries.map(([key, value]) => [key.replace(project, ""), value]));
}

/** The stack files in a document's YAML blocks. `config:` is added to blocks without it. */
const yamlExamples = (text: string): string[] =>
  [...text.matchAll(/^( *)```yaml\n(.*?)^\1```$/gms)]
    .map(([, indent = "", block = ""]) => block.replaceAll(new RegExp(`^${indent}`, "gm"), ""))
    // Documents shorten host keys.
    .map((block) => block.replaceAll(/(?<=ssh-ed25519 \w+)…/g, "A".repeat(43)))
    .map((block) =>
      block.replaceAll(/(\w+): \{ secure: .*? \}/g, (_, key) => `${key}: ${JSON.stringify(standIn(key))}`),
    )
    .filter((block) => block.includes(project))
    .map((block) => (block.startsWith("config:") ? block : `config:\n${block}`));

describe("the example of one server", () => {
  const text = readFileSync(samplePath, "utf8");

  test("is what the schema says", () => {
    expect(text).toBe(sampleStack());
  });

  test("needs the server's and the database's name only, and means the seed's system", () => {
    const configuration = configurationIn(text);
    expect(configuration).toEqual({
      servers: { "cloud.cerveras.com": {} },
      databases: { curriculum_library_api: {} },
    });
    expect(serverPlanOf(configuration)).toMatchObject({
      connection: { host: "cloud.cerveras.com" },
      databases: [
        {
          container: "curriculum_library_api-db",
          database: "curriculum_library_api_production",
          user: "curriculum_library_api",
          dataDirectory: "/root/curriculum_library_api-db/data",
        },
      ],
      paths: {
        backups: "/root/database_backups",
        log: "/root/backup_database.log",
        quickReference: "/root/backup_quick_reference.txt",
        backupLauncher: "/root/backup_database.sh",
        statusLauncher: "/root/check_database_status.sh",
        restoreLauncher: "/root/restore_database.sh",
      },
      backups: { schedule: "0 2 * * *", retention: { days: 7 } },
    });
  });

  test("has the defaults as comments that may be taken in as they are", () => {
    const configuration = configurationIn(text.replaceAll(/^ {2}# (?!These)/gm, "  "));
    expect(configuration).toMatchObject({ ...defaults });
    expect(serverPlanOf(configuration)).toEqual(serverPlanOf());
  });
});

test("every example of a stack's file is right", () => {
  const names = readdirSync("docs/examples");
  expect(names).toContain("several-servers.yaml");
  for (const name of names)
    expect(planOf(configurationIn(readFileSync(`docs/examples/${name}`, "utf8"))), name).toHaveProperty(
      "plan",
    );
});

test("a file without servers is right, and deploys nothing", () => {
  expect(planOf({ servers: {}, databases: {} })).toEqual({
    plan: { servers: [], decommissioned: {}, formerStack: null },
  });
});

test("every setting has a kind and a meaning", () => {
  expect(settings.filter(({ kind, meaning }) => kind === "" || meaning === "")).toEqual([]);
});

test("the configuration's document has the table of settings", () => {
  const document = readFileSync("docs/BACKUP_CONFIGURATION.md", "utf8");
  expect(document).toBe(withConfigurationTable(document));
});

test("every example of a configuration in the documents is right", () => {
  const texts = [
    "README.md",
    ...readdirSync("docs")
      .filter((name) => name.endsWith(".md"))
      .map((name) => `docs/${name}`),
  ];
  const examples = texts.flatMap((path) => yamlExamples(readFileSync(path, "utf8")));
  expect(examples.length).toBeGreaterThan(5);
  const least = configurationIn(sampleStack());
  for (const example of examples) {
    const configuration = { ...least, ...configurationIn(example) };
    const databases = { ...Object(least.databases), ...Object(configuration.databases), reporting: {} };
    expect(planOf({ ...configuration, databases }), example).toHaveProperty("plan");
  }
});

test("the table replaces the text between its markers only", () => {
  const text = "a\n<!-- configuration -->old<!-- /configuration -->\nb\n";
  expect(withConfigurationTable(text)).toBe(
    `a\n<!-- configuration -->\n\n${configurationTable()}\n\n<!-- /configuration -->\nb\n`,
  );
  expect(() => withConfigurationTable("a")).toThrow("must stand in the text");
});
