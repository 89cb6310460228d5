import { describe, expect, test } from "vitest";
import { chosenBackend, currentBackend, needsPassphrase } from "../../../../infra/deployment/backend.ts";
import { StackFile } from "../../../../infra/deployment/stack-file.ts";

const file = (text = "") => new StackFile(text, "Pulumi.prod.yaml");

test("the chosen backend is the variable's, else that of the login, else Pulumi Cloud's for a token", () => {
  const login = JSON.stringify({ current: "s3://bucket" });
  expect(chosenBackend({ PULUMI_BACKEND_URL: "file:///state" }, login)).toBe("file:///state");
  expect(chosenBackend({ PULUMI_ACCESS_TOKEN: "t" }, login)).toBe("s3://bucket");
  expect(chosenBackend({ PULUMI_ACCESS_TOKEN: "t" }, null)).toBe("https://api.pulumi.com");
  expect(chosenBackend({}, null)).toBeNull();
});

test("credentials without a chosen backend, or none that can be read, are none", () => {
  for (const text of ["{}", '{"current":""}', "", "[", "null"]) expect(currentBackend(text)).toBeNull();
});

describe("a passphrase is needed", () => {
  const cases: [string, Record<string, string>, string, boolean][] = [
    ["file:///state", {}, "", true],
    ["s3://bucket", {}, "encryptionsalt: v1:x\n", true],
    ["https://api.pulumi.com", {}, "encryptionsalt: v1:x\n", true],
    ["https://api.pulumi.com", {}, "", false],
    ["s3://bucket", {}, "secretsprovider: awskms://alias/x\n", false],
    ["file:///state", { PULUMI_CONFIG_PASSPHRASE: "" }, "", false],
    ["file:///state", { PULUMI_CONFIG_PASSPHRASE_FILE: "/p" }, "", false],
  ];
  test.each(cases)("%s %j %j: %s", (url, environment, text, needed) => {
    expect(needsPassphrase(url, environment, file(text))).toBe(needed);
  });
});
