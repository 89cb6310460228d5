import { copyKey, hostKey, privateKey, stores as right } from "../stores.ts";
import { databases, row } from "./row.ts";

const stack = (copies: unknown, servers: object = { one: {} }, more: object = { copyKey }) => ({
  servers,
  databases,
  copies,
  ...more,
});
const s3 = (values: object) => stack({ objects: { ...right.s3, ...values } });
const without = (type: keyof typeof right, ...names: string[]) =>
  stack({
    store: Object.fromEntries(Object.entries(right[type]).filter(([name]) => !names.includes(name))),
  });
const encrypted = `-----BEGIN OPENSSH PRIVATE KEY-----
${Buffer.from("openssh-key-v1\0\0\0\0\x0aaes256-ctr\0\0\0\x06bcrypt").toString("base64")}
-----END OPENSSH PRIVATE KEY-----`;

/** Stores that cannot be used. */
export const stores = [
  row(
    "a type that no test has met",
    s3({ type: "gcs" }),
    "copies.objects.type",
    'must be "s3" or "b2" or "sftp" or "webdav" or "azure", is the text "gcs"',
  ),
  row("a store without a type", without("s3", "type"), "copies.store.type", "is missing"),
  row("a store of nothing", stack({ objects: null }), "copies.objects", "must be a mapping"),
  row("a list of stores", stack([right.s3]), "copies", "must be a mapping"),
  row(
    "a store's key with a capital",
    stack({ Objects: right.s3 }),
    "copies.Objects",
    "must be lower-case letters, digits, _ and -",
  ),
  row("a bucket that is missing", without("s3", "bucket"), "copies.store.bucket", "is missing"),
  row(
    "a secret that is missing",
    without("s3", "secretAccessKey"),
    "copies.store.secretAccessKey",
    "is missing",
  ),
  row(
    "a key of another type",
    s3({ hostKey }),
    "copies.objects.hostKey",
    "not a setting of a store of type s3; known are type, endpoint, region",
  ),
  row("an unknown key of a store", s3({ buckett: "x" }), "copies.objects.buckett", "did you mean bucket?"),
  row(
    "an address without its protocol",
    s3({ endpoint: "objects.example.com" }),
    "copies.objects.endpoint",
    "beginning with https:// or http://",
  ),
  row(
    "an address with a login in it",
    s3({ endpoint: "https://u:hunter2@objects.example.com" }),
    "copies.objects.endpoint",
    "must not hold a login",
  ),
  row(
    "a secret with a line break",
    s3({ secretAccessKey: "a\nb" }),
    "copies.objects.secretAccessKey",
    "line",
  ),
  row("an empty secret", s3({ secretAccessKey: "" }), "copies.objects.secretAccessKey", "must not be empty"),
  row(
    "a prefix that leaves the place",
    s3({ prefix: "../x" }),
    "copies.objects.prefix",
    "must not hold . or ..",
  ),
  row(
    "a prefix with a placeholder of another name",
    s3({ prefix: "{host}" }),
    "copies.objects.prefix",
    "may hold {server}",
  ),
  row("a prefix that begins with /", s3({ prefix: "/x" }), "copies.objects.prefix", "begin or end with /"),
  row(
    "an unknown way of removing",
    s3({ deletes: "always" }),
    "copies.objects.deletes",
    'must be "never" or',
  ),
  row(
    "an unknown level of proof",
    s3({ verify: "none" }),
    "copies.objects.verify",
    'must be "full" or "digest"',
  ),
  row(
    "copies at a time that never comes",
    s3({ schedule: "0 0 31 2 *" }),
    "copies.objects.schedule",
    "no date ever matches it",
  ),
  row(
    "no bytes a second",
    s3({ bandwidthLimit: "0MiB" }),
    "copies.objects.bandwidthLimit",
    "must be a size like 20MiB",
  ),
  row("copies kept no day", s3({ retention: { days: 0 } }), "copies.objects.retention.days", "at least 1"),
  row(
    "a B2 store of nowhere",
    without("b2", "region"),
    "copies.store.region",
    "give the bucket's region, or its endpoint",
  ),
  row("an SFTP store without a host key", without("sftp", "hostKey"), "copies.store.hostKey", "is missing"),
  row(
    "an SFTP store that nothing opens",
    without("sftp", "privateKey"),
    "copies.store.privateKey",
    "give privateKey or password",
  ),
  row(
    "an SFTP store with two logins",
    stack({ store: { ...right.sftp, password: "x" } }),
    "copies.store.password",
    "give one of the two",
  ),
  row(
    "a public key in place of the private one",
    stack({ store: { ...right.sftp, privateKey: hostKey } }),
    "copies.store.privateKey",
    "must be a private key as ssh-keygen writes it",
  ),
  row(
    "a private key with a passphrase",
    stack({ store: { ...right.sftp, privateKey: encrypted } }),
    "copies.store.privateKey",
    "without a passphrase",
  ),
  row(
    "a directory with ..",
    stack({ store: { ...right.webdav, path: "a/../b" } }),
    "copies.store.path",
    ". or ..",
  ),
  row(
    "a store without the stack's key",
    stack({ objects: right.s3 }, { one: {} }, {}),
    "copyKey",
    'is missing: make and set it with npm run pulumi -- config set --secret database-backups:copyKey "$(openssl rand -hex 32)"',
  ),
  row(
    "a key for copies that is too short",
    stack({ objects: right.s3 }, { one: {} }, { copyKey: "abc" }),
    "copyKey",
    "must be 64 hexadecimal digits",
  ),
  row(
    "a server's own store that lacks something",
    stack({}, { one: { copies: { box: { type: "sftp", user: "u", hostKey, privateKey } } } }),
    "servers.one.copies.box.host",
    "is missing",
  ),
  row(
    "a server's part of a store with a wrong value",
    stack({ objects: right.s3 }, { one: { copies: { objects: { bucket: "-x" } } } }),
    "servers.one.copies.objects.bucket",
    "must not begin with -",
  ),
  row(
    "a server's store that is neither on nor off",
    stack({ objects: right.s3 }, { one: { copies: { objects: true } } }),
    "servers.one.copies.objects",
    "must be a mapping of keys to values, or false, is true",
  ),
  row(
    "an unknown key in a server's part of a store",
    stack({ objects: right.s3 }, { one: { copies: { objects: { buckett: "x" } } } }),
    "servers.one.copies.objects.buckett",
    "did you mean bucket?",
  ),
  row(
    "one place for two servers",
    stack({ objects: { ...right.s3, prefix: "all" } }, { one: {}, two: {} }),
    "copies.objects.prefix",
    "is one place for one and two: put {server} in it",
  ),
  row(
    "another server's place",
    stack(
      { objects: right.s3 },
      { one: {}, two: { copies: { objects: { endpoint: "https://OBJECTS.example.com/", prefix: "one" } } } },
    ),
    "servers.two.copies.objects.prefix",
    "is one place for one and two",
  ),
  row(
    "one place under two keys",
    stack({ objects: right.s3, again: right.s3 }),
    "copies.again.prefix",
    "is the same place as objects",
  ),
];
