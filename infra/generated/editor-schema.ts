import { writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import * as z from "zod";
import { defaultLogin, defaults, managedContainerDefaults } from "../config/defaults.ts";
import { copyKeyName, passwordsKey, project } from "../config/names.ts";
import { Configuration } from "../config/schema.ts";
import { settings } from "../config/settings-table.ts";
import { secretFields, storeDefaults } from "../config/store-schema.ts";
import { defaultConnectTimeout } from "../remotehost/connection.ts";

/**
 * The JSON Schema with which editors complete and check Pulumi.STACK.yaml. It accepts every file that the program
 * accepts, and some that it refuses: a date that never comes, two databases in one file.
 */

interface Node {
  [keyword: string]: unknown;
  properties?: Record<string, Node>;
  additionalProperties?: Node | boolean;
  required?: string[];
}

/** An encrypted value, as `pulumi config set --secret` writes it. */
const secret: Node = {
  type: "object",
  description: "An encrypted value, as `pulumi config set --secret` writes it",
  properties: { secure: { type: "string" } },
  required: ["secure"],
  additionalProperties: false,
};

const passwordsMeaning = settings.find(({ path }) => path === `${passwordsKey}.KEY`)?.meaning;

const passwords: Node = {
  description: passwordsMeaning,
  anyOf: [{ type: "object", additionalProperties: secret }, secret],
};

/** The description of each group. */
const groups: Record<string, string> = {
  servers: "The servers, by a key that is their identity: `cloud.cerveras.com: {}`",
  databases:
    "The databases, each on every server that does not say which it has: `curriculum_library_api: {}`",
  decommissioned:
    "Former servers: `remove` deletes our files and leaves every backup, `forget` contacts nobody",
  paths: "Where everything lies on the server",
  backups: "When backups are made, and how long they are kept",
  copies: "Stores off the servers to which backups are copied, by a key of your own",
  rehearsal: "When and how the newest backup is restored on trial",
  monitoring: "When the server is checked, what is worth a warning, and who is alerted",
};

const propertiesOf = (schema: Node): Record<string, Node> => schema.properties ?? {};

/** The schema with the defaults, without the keywords that editors do not know. */
function withDefaults(schema: Node, fallbacks: unknown): Node {
  const { kind: _, description, properties, additionalProperties, propertyNames, ...rest } = schema;
  const inner = (key: string): unknown =>
    typeof fallbacks === "object" && fallbacks !== null ? Reflect.get(fallbacks, key) : undefined;
  const isSetting = properties === undefined && additionalProperties === undefined;
  return {
    ...(description === undefined || description === "" ? {} : { description }),
    ...rest,
    ...(isSetting && fallbacks !== undefined ? { default: fallbacks } : {}),
    ...(properties && {
      properties: Object.fromEntries(
        Object.entries(properties).map(([key, value]) => [key, withDefaults(value, inner(key))]),
      ),
    }),
    ...(isNode(propertyNames) && { propertyNames: withDefaults(propertyNames, undefined) }),
    ...(additionalProperties !== undefined && {
      additionalProperties: isNode(additionalProperties)
        ? withDefaults(additionalProperties, fallbacks)
        : additionalProperties,
    }),
  };
}

const isNode = (value: unknown): value is Node => typeof value === "object" && value !== null;

/** The one setting of `monitoring` that may be encrypted. */
function withSecretPingUrl(schema: Node): Node {
  const { monitoring, ...others } = propertiesOf(schema);
  if (monitoring === undefined) return schema;
  const { pingUrl = {}, ...settingsOfIt } = propertiesOf(monitoring);
  const { description, ...plain } = pingUrl;
  return {
    ...schema,
    properties: {
      ...others,
      monitoring: {
        ...monitoring,
        properties: { ...settingsOfIt, pingUrl: { description, anyOf: [plain, secret] } },
      },
    },
  };
}

/** A store, with what opens it encrypted. */
const withSecretFields = (store: Node): Node => ({
  ...store,
  properties: Object.fromEntries(
    Object.entries(propertiesOf(store)).map(([key, value]) => [
      key,
      secretFields.includes(key) ? { ...secret, description: value.description } : value,
    ]),
  ),
});

/** The stores with defaults, whether of the stack or of a server, which may also switch one off. */
function withStores(schema: Node): Node {
  const { copies, ...others } = propertiesOf(schema);
  if (copies === undefined || !isNode(copies.additionalProperties)) return schema;
  const { anyOf, ...one } = copies.additionalProperties;
  const branches = Array.isArray(anyOf) ? anyOf.filter(isNode) : [one];
  const stores = branches.map((branch) =>
    branch.properties === undefined ? branch : withSecretFields(withDefaults(branch, storeDefaults)),
  );
  const additionalProperties = stores.length === 1 ? stores[0] : { anyOf: stores };
  return {
    ...schema,
    properties: { ...others, copies: { ...copies, ...(additionalProperties && { additionalProperties }) } },
  };
}

function withGroupTexts(schema: Node): Node {
  const entries = Object.entries(propertiesOf(schema)).map(([key, value]) => [
    key,
    groups[key] === undefined ? value : { description: groups[key], ...value },
  ]);
  return { ...schema, properties: Object.fromEntries(entries) };
}

const complete = (schema: Node): Node => withGroupTexts(withStores(withSecretPingUrl(schema)));

/** The schema of a whole stack file of this project. */
export function editorSchema(): object {
  const { $schema, ...generated } = z.toJSONSchema(Configuration, { target: "draft-7", io: "input" });
  const database = { managedContainer: managedContainerDefaults };
  const whole = complete(
    withDefaults(z.record(z.string(), z.unknown()).parse(generated), {
      ...defaults,
      databases: database,
      servers: { user: defaultLogin, connectTimeout: `${defaultConnectTimeout}s`, databases: database },
    }),
  );
  const { servers = {}, ...others } = propertiesOf(whole);
  const one = isNode(servers.additionalProperties) ? complete(servers.additionalProperties) : {};
  const properties = {
    servers: { ...servers, additionalProperties: one },
    ...others,
    [copyKeyName]: { ...secret, description: others[copyKeyName]?.description },
    [passwordsKey]: passwords,
  };
  return {
    $schema,
    title: "Stack configuration of database-backups",
    type: "object",
    properties: {
      config: {
        type: "object",
        properties: Object.fromEntries(
          Object.entries(properties).map(([key, value]) => [`${project}:${key}`, value]),
        ),
        required: (whole.required ?? []).map((key) => `${project}:${key}`),
        // The keys of providers are not checked. An unknown key with our prefix is a mistake.
        patternProperties: { [`^(?!${project}:)[^:]+:.`]: {} },
        additionalProperties: false,
      },
      encryptionsalt: {
        type: "string",
        description: "Pulumi's, for a stack whose secrets have a passphrase",
      },
      encryptedkey: {
        type: "string",
        description: "Pulumi's, for a stack whose secrets have a key of a cloud",
      },
      secretsprovider: { type: "string", description: "Pulumi's: what encrypts the stack's secrets" },
      environment: { description: "Environments of Pulumi ESC whose values this stack takes" },
    },
    required: ["config"],
    additionalProperties: false,
  };
}

export const editorSchemaText = (): string => `${JSON.stringify(editorSchema(), null, 2)}\n`;

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const root = dirname(dirname(import.meta.dirname));
  writeFileSync(join(root, "docs", "configuration.schema.json"), editorSchemaText());
}
