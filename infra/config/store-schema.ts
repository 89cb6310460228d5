import * as z from "zod";
import * as storeValue from "./store-values.ts";
import * as value from "./values.ts";

/** The stores for copies off the servers. */

/** Each setting once, whichever types have it. */
const fields = {
  endpoint: storeValue.storeAddress("s3, b2, azure: its address, as https://s3.eu-central-1.amazonaws.com"),
  region: storeValue.providerName("s3, b2: where it is not in the address; b2 needs one of the two"),
  bucket: storeValue.bucketName("s3, b2: the bucket, which must exist"),
  accessKeyId: storeValue.providerName("s3"),
  secretAccessKey: storeValue.secretText("s3"),
  keyId: storeValue.providerName("b2"),
  applicationKey: storeValue.secretText("b2"),
  host: value.host("sftp"),
  port: value.count("sftp", 1, 65_535),
  hostKey: value.hostKey("sftp: `TYPE BASE64`, as ssh-keyscan shows it and its provider confirms it"),
  url: storeValue.storeAddress("webdav"),
  user: storeValue.storeUser("sftp, webdav"),
  password: storeValue.secretText("sftp, webdav"),
  privateKey: storeValue.privateKey("sftp: in place of a password, without a passphrase"),
  path: storeValue.storePath("sftp, webdav: the directory; without / at its beginning below the login's own"),
  account: storeValue.providerName("azure"),
  container: storeValue.bucketName("azure: the container, which must exist"),
  key: storeValue.secretText("azure"),
};

const { endpoint, region, bucket, user, password, path } = fields;

/** What each type has of its own. A type stands here once the tests have met a server of it. */
const ownFields = {
  s3: {
    endpoint,
    region: region.optional(),
    bucket,
    accessKeyId: fields.accessKeyId,
    secretAccessKey: fields.secretAccessKey,
  },
  b2: {
    endpoint: endpoint.optional(),
    region: region.optional(),
    bucket,
    keyId: fields.keyId,
    applicationKey: fields.applicationKey,
  },
  sftp: {
    host: fields.host,
    port: fields.port.optional(),
    hostKey: fields.hostKey,
    user,
    password: password.optional(),
    privateKey: fields.privateKey.optional(),
    path: path.optional(),
  },
  webdav: { url: fields.url, user, password, path: path.optional() },
  azure: {
    endpoint: endpoint.optional(),
    account: fields.account,
    container: fields.container,
    key: fields.key,
  },
};

export type StoreType = keyof typeof ownFields;

/** The names of what each type has of its own. */
export const ownFieldNames = (of: StoreType): { needed: string[]; optional: string[] } => {
  const entries = Object.entries(ownFields[of]);
  const names = (isOptional: boolean) =>
    entries.filter(([, field]) => field instanceof z.ZodOptional === isOptional).map(([name]) => name);
  return { needed: names(false), optional: names(true) };
};
export const storeTypes = ["s3", "b2", "sftp", "webdav", "azure"] as const satisfies readonly StoreType[];

/** Settings without which nothing opens. They are kept out of messages, previews and the state. */
export const secretFields: readonly string[] = [
  "secretAccessKey",
  "applicationKey",
  "password",
  "privateKey",
  "key",
];

export const StoreRetention = z.strictObject({
  days: value.count("Days that a copy is kept", 1, 36_500),
  daily: value.count("Days whose last copy is kept longer", 0, 10_000),
  weekly: value.count("Weeks whose last copy is kept longer", 0, 10_000),
  monthly: value.count("Months whose last copy is kept longer", 0, 10_000),
  yearly: value.count("Years whose last copy is kept longer", 0, 10_000),
});

const common = {
  prefix: storeValue.storePrefix("Where a server's copies lie; `{server}` stands for KEY"),
  deletes: z
    .enum(["never", "server"])
    .meta({ kind: "`never` or `server`", description: "Whether servers remove old copies by themselves" }),
  verify: z.enum(["full", "digest"]).meta({
    kind: "`full` or `digest`",
    description: "A copy counts once it was read back, or once the store's own digest agrees",
  }),
  schedule: value.cronExpression("When what is missing is copied; the end of a backup starts it too"),
  bandwidthLimit: storeValue.bandwidth("Most bytes a second").optional(),
  retention: StoreRetention,
};

const complete = <Type extends StoreType>(type: Type) =>
  z.strictObject({ type: z.literal(type), ...ownFields[type], ...common });

/** A store with everything that its type needs. */
export const Store = z.discriminatedUnion("type", [
  complete("s3"),
  complete("b2"),
  complete("sftp"),
  complete("webdav"),
  complete("azure"),
]);
export type Store = z.infer<typeof Store>;

const type = z.enum(storeTypes).meta({
  kind: storeTypes.map((name) => `\`${name}\``).join(", "),
  description: "What the store is. What no test has met is refused",
});

/** Every setting that a store of some type has. */
export const AnyStore = z.strictObject({ type, ...fields, ...common });

/** What the environment or a server says of a store. */
export const StorePart = AnyStore.extend({ retention: StoreRetention.partial() }).partial();
export type StorePart = z.infer<typeof StorePart>;

export const storeDefaults = {
  prefix: "{server}",
  deletes: "never",
  verify: "full",
  schedule: "20 * * * *",
  retention: { days: 30, daily: 0, weekly: 8, monthly: 12, yearly: 0 },
};
