import { control, matching, pathCharacters, sizeBytes, type TextCheck, text } from "./values.ts";

/** The kinds of values that only stores have. */

/** An address of a store. What opens it is a setting of its own, so that no message has to keep the address back. */
export const storeAddressProblem: TextCheck = (value) => {
  if (control.test(value) || /\s/.test(value)) return "must not hold spaces or control characters";
  const url = URL.canParse(value) ? new URL(value) : null;
  if (url === null || !/^https?:$/.test(url.protocol))
    return "must be an address beginning with https:// or http://";
  if (url.username !== "" || url.password !== "")
    return "must not hold a login: user and password are settings of their own";
  if (url.search !== "" || url.hash !== "") return "must not have a ? or # part";
  return Buffer.byteLength(value) > 1024 ? "must not be longer than 1024 bytes" : null;
};
export const storeAddress = (description: string) =>
  text("http(s) address", storeAddressProblem, description, /^https?:\/\/[^\s?#]+$/);

const partsProblem = (value: string): string | null =>
  value.split("/").some((part) => part === "." || part === "..") || value.includes("//")
    ? "must not hold . or .. as a part, nor //"
    : null;

export const storePathProblem: TextCheck = (value) => {
  if (control.test(value)) return "must not hold line breaks or other control characters";
  if (!pathCharacters.test(value.startsWith("/") ? value : `/${value}`))
    return "may hold only letters, digits, spaces and . _ + @ = , : % ~ -";
  return (
    partsProblem(value) ?? (Buffer.byteLength(value) > 1024 ? "must not be longer than 1024 bytes" : null)
  );
};
export const storePath = (description: string) => text("path", storePathProblem, description);

/** The prefix of a server's copies. */
export const filledPrefix = (pattern: string, server: string): string =>
  pattern.replaceAll("{server}", server);

const prefixProblem: TextCheck = (value) => {
  const example = filledPrefix(value, "server");
  if (/[{}]/.test(example))
    return "may hold {server}, which stands for the server's key, and no other braces";
  if (!/^[A-Za-z0-9._/-]*$/.test(example)) return "may hold only letters, digits and . _ - / {server}";
  if (/^\/|\/$/.test(example)) return "must not begin or end with /";
  return (
    partsProblem(example) ?? (Buffer.byteLength(value) > 255 ? "must not be longer than 255 bytes" : null)
  );
};
export const storePrefix = (description: string) =>
  text("path", prefixProblem, description, /^(?!\/)[A-Za-z0-9._/{}-]*$/);

export const bucketName = (description: string) => {
  const shape = /^[A-Za-z0-9][A-Za-z0-9._-]+$/;
  return text("name", matching(shape, "a bucket's name: letters, digits, . _ and -"), description, shape);
};
/** A name at a store's provider: an account, a region, the public half of a key. */
export const providerName = (description: string) => {
  const shape = /^[A-Za-z0-9][A-Za-z0-9._+=/@-]*$/;
  const expected = "a name of letters, digits and . _ + = / @ -";
  return text("name", matching(shape, expected), description, shape);
};
export const storeUser = (description: string) =>
  text("user", matching(/^\S(.*\S)?$/u, "a login name without spaces at its ends"), description);

/** No message contains it. */
const secretProblem: TextCheck = (value) => {
  if (value === "") return "must not be empty";
  if (control.test(value)) return "must not hold line breaks or other control characters";
  return Buffer.byteLength(value) > 4096 ? "must not be longer than 4096 bytes" : null;
};
export const secretText = (description: string) => text("secret text", secretProblem, description);

const pemShape = /^-----BEGIN ([A-Z ]*)PRIVATE KEY-----\n([A-Za-z0-9+/=\n]+)-----END \1PRIVATE KEY-----$/;

/** A private key that ssh-keygen wrote. One with a passphrase is of no use to a program. */
export const privateKeyProblem: TextCheck = (value) => {
  if (/ENCRYPTED/.test(value)) return "must be a key without a passphrase: nobody is there to type it";
  const [, kind = "", body = ""] = pemShape.exec(value.replaceAll("\r\n", "\n").trim()) ?? [];
  if (body === "")
    return "must be a private key as ssh-keygen writes it, from -----BEGIN to -----END, line by line";
  const opening = Buffer.from(body, "base64").subarray(0, 64).toString("latin1");
  return kind === "OPENSSH " && !opening.includes("\0\0\0\x04none\0\0\0\x04none")
    ? "must be a key without a passphrase: nobody is there to type it"
    : null;
};
export const privateKey = (description: string) => text("secret text", privateKeyProblem, description);

export const setCopyKey =
  'npm run pulumi -- config set --secret database-backups:copyKey "$(openssl rand -hex 32)"';
const copyKeyProblem: TextCheck = (value) =>
  /^[0-9a-f]{64}$/.test(value) ? null : `must be 64 hexadecimal digits: make it with ${setCopyKey}`;
export const copyKey = (description: string) => text("secret text", copyKeyProblem, description);

const bandwidthProblem: TextCheck = (value) =>
  (sizeBytes(value) ?? 0) > 0 ? null : "must be a size like 20MiB, for each second";
export const bandwidth = (description: string) =>
  text("size", bandwidthProblem, description, /^(?=.*[1-9])[0-9.]+ ?[KMGT]iB$/);
