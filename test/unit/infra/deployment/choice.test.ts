import { describe, expect, test } from "vitest";
import { chooseServers, hasDatabases, keyOf, planOfFile } from "../../../../infra/deployment/choice.ts";
import { parseCommandLine, type Request } from "../../../../infra/deployment/command-line.ts";
import { notReady } from "../../../../infra/deployment/endings.ts";
import { StackFile } from "../../../../infra/deployment/stack-file.ts";

const name = "Pulumi.prod.yaml";
const text = `config:
  database-backups:servers:
    web-1: {}
    web-2: { host: 192.0.2.2, user: deploy }
    books: {}
  database-backups:databases:
    library: {}
  database-backups:decommissioned:
    gone: forget
    left: remove
`;

function choose(words: string, given: string = text) {
  const request = parseCommandLine(words.split(" ")) as Request;
  const file = new StackFile(given, name);
  return { file, chosen: chooseServers(file, name, request) };
}

describe("which servers are meant", () => {
  const cases: [string, string[]][] = [
    ["web-1", ["web-1"]],
    ["192.0.2.2", ["web-2"]],
    ["deploy@192.0.2.2", ["web-2"]],
    ["root@books", ["books"]],
    ["--all", ["web-1", "web-2", "books"]],
    ["--only web-*", ["web-1", "web-2"]],
    ["--only *1 --only books", ["web-1", "books"]],
    ["books --replaces gone", ["books"]],
  ];
  test.each(cases)("%s", (words, keys) => {
    const { file, chosen } = choose(words);
    expect(chosen.keys).toEqual(keys);
    expect(file.text()).toBe(text);
  });
});

describe("a new server", () => {
  test("is added with the settings of the command line", () => {
    const { file, chosen } = choose(
      "deploy@new.example.org --ssh-config /c --database shop --database library",
    );
    expect(chosen).toEqual({ keys: ["new.example.org"], replaced: null, similar: null });
    expect(file.server("new.example.org")).toEqual({ user: "deploy", sshConfig: "/c" });
    expect(file.changes).toEqual(["databases: shop is added", "servers: new.example.org is added"]);
    expect(planOfFile(file, name).servers).toHaveLength(4);
  });

  test("whose name may be a slip of the pen is reported with the one that was perhaps meant", () => {
    expect(choose("boks").chosen.similar).toBe("books");
    const message = notReady([], "books", name).next;
    expect(message).toContain("Pulumi.prod.yaml has books: did you mean that one?");
  });

  test("with an address that can be no key gets one", () => {
    expect(keyOf("2001:db8::1%eth0")).toBe("2001-db8-1-eth0");
    const { file, chosen } = choose("2001:db8::1");
    expect(chosen.keys).toEqual(["2001-db8-1"]);
    expect(file.server("2001-db8-1")).toEqual({ host: "2001:db8::1" });
  });

  test("that replaces another one is added, and the other one is named", () => {
    const { file, chosen } = choose("new --replaces web-2");
    expect(chosen).toEqual({ keys: ["new"], replaced: "web-2" });
    expect(file.server("new")).toEqual({ user: "deploy" });
    expect(file.values().decommissioned).toEqual({ gone: "forget", left: "remove", "web-2": "forget" });
  });
});

describe("the copies of a server that is replaced", () => {
  const store = "type: azure, account: acme, container: backups, key: { secure: v1:x }";
  const withStores = `config:
  database-backups:servers:
    web-1:
      copies: # of this one alone
        box: { prefix: "boxes/{server}" }
        own: { ${store.replace("acme", "other")}, prefix: fixed }
        none: false
    web-2: {}
  database-backups:databases:
    library: {}
  database-backups:copies:
    objects: { ${store} }
    box: { ${store.replace("backups", "boxes")}, prefix: elsewhere }
    none: { ${store.replace("backups", "nothing")} }
  database-backups:copyKey: { secure: v1:y }
`;
  const prefixes = (file: StackFile, key: string) => {
    const plan = planOfFile(file, name).servers.find((one) => one.key === key);
    return Object.fromEntries((plan?.copies ?? []).map((one) => [one.name, one.prefix]));
  };

  test("stay where they are, and the entry says so only where the key would change it", () => {
    const before = prefixes(new StackFile(withStores, name), "web-1");
    const { file } = choose("new --replaces web-1", withStores);
    expect(before).toEqual({ objects: "web-1", box: "boxes/web-1", own: "fixed" });
    expect(prefixes(file, "new")).toEqual(before);
    expect(file.server("new").copies).toMatchObject({
      ...{ objects: { prefix: "web-1" }, box: { prefix: "boxes/web-1" }, none: false },
    });
    expect(file.changes).toEqual([
      "servers: new takes the place of web-1, which is forgotten",
      "servers.new: its copies at objects stay below web-1",
      "servers.new: its copies at box stay below boxes/web-1",
    ]);
    expect(file.text()).toContain("# of this one alone");
    expect(new StackFile(file.text(), name).values()).toEqual(file.values());
  });

  test("stay there when the new one is replaced in turn, and with an entry that was empty", () => {
    const { file } = choose("new --replaces web-2", withStores);
    expect(file.server("new")).toEqual({
      copies: { objects: { prefix: "web-2" }, none: { prefix: "web-2" } },
    });
    const { file: again } = choose("newer --replaces new", file.text());
    expect(prefixes(again, "newer")).toEqual({ objects: "web-2", box: "elsewhere", none: "web-2" });
    expect(again.changes).toEqual(["servers: newer takes the place of new, which is forgotten"]);
  });

  test("what servers share by an anchor is changed for the new one alone", () => {
    const shared = withStores
      .replace("      copies: # of this one alone\n", "      copies: &usual\n")
      .replace("web-2: {}", "web-2: { copies: *usual }")
      .replace("prefix: fixed", 'prefix: "own/{server}"');
    const { file } = choose("new --replaces web-2", shared);
    expect(prefixes(file, "new")).toEqual({ objects: "web-2", box: "boxes/web-2", own: "own/web-2" });
    expect(prefixes(new StackFile(file.text(), name), "web-1")).toEqual({
      ...{ objects: "web-1", box: "boxes/web-1", own: "own/web-1" },
    });
  });

  test("are no matter where there are no stores", () => {
    expect(choose("new --replaces web-2").file.changes).toHaveLength(1);
  });
});

describe("what cannot be meant is refused", () => {
  const key = `ssh-ed25519 ${"A".repeat(68)}`;
  const pinned = text.replace("books: {}", `books: { hostKey: ${key} }`);
  const colliding = text.replace(
    "books: {}",
    'books: {}\n    2001-db8-1: { host: "2001:db8:1::", user: ops }',
  );
  const cases: [string, string, RegExp][] = [
    ["--only mail-*", text, /no server of Pulumi\.prod\.yaml matches mail-\*/],
    ["left", text, /left is under database-backups:decommissioned/],
    [
      "new --replaces web-3",
      text,
      /web-3 is not a server of Pulumi\.prod\.yaml; nothing was changed \[DBK-CLI-2\]/,
    ],
    ["books --replaces web-1", text, /books is in Pulumi\.prod\.yaml already/],
    ["books --replaces books", text, /books is in Pulumi\.prod\.yaml already/],
    ["admin@web-2", text, /its user there is another: the command line says "admin", the file has "deploy"/],
    ["admin@books", text, /the file has "root"/],
    ["books --ssh-config /c", text, /its sshConfig there is another.*the file has none/],
    ["2001:db8::1", colliding, /2001-db8-1 is in .*its host there is another.*the file has "2001:db8:1::"/],
    ["2001:db8::1 --replaces web-1", colliding, /2001-db8-1 is in Pulumi\.prod\.yaml already/],
    ["--all", "config: {}\n", /has no servers/],
    ...["--all", "--only *", "web-1", "new --replaces web-1"].map((words): [string, string, RegExp] => [
      words,
      "config:\n  database-backups:servers: [web-1, web-2]\n",
      /database-backups:servers in Pulumi\.prod\.yaml is not a mapping of keys to values but a list/,
    ]),
    [
      "web-1 --database library",
      "config:\n  database-backups:databases: library\n",
      /database-backups:databases in .* is not a mapping of keys to values but "library"/,
    ],
  ];
  test.each(cases)("%s", (words, given, message) => {
    expect(() => choose(words, given)).toThrow(message);
  });

  test("another host key than the pinned one", () => {
    const request = parseCommandLine(["books", "--host-key", `ssh-ed25519 ${"B".repeat(68)}`]) as Request;
    expect(() => chooseServers(new StackFile(pinned, name), name, request)).toThrow(
      /its hostKey there is another/,
    );
  });
});

test("every problem of the configuration is reported, secrets are none", () => {
  const secret = `config:
  database-backups:servers: { a: {} }
  database-backups:databases: { library: {} }
  database-backups:monitoring: { pingUrl: { secure: v1:abc } }
  database-backups:databasePasswords: { library: { secure: v1:def } }
  database-backups:copyKey: { secure: v1:ghi }
  database-backups:copies:
    objects: { type: s3, endpoint: https://o.example, bucket: bb, accessKeyId: A, secretAccessKey: { secure: v1:x } }
    box: { type: sftp, host: h, user: u, hostKey: ssh-ed25519 ${"A".repeat(68)}, privateKey: { secure: v1:y } }
`;
  expect(planOfFile(new StackFile(secret, name), name).servers).toHaveLength(1);
  const wrong = secret.replace("a: {}", "a: { port: 0, usr: x }");
  expect(() => planOfFile(new StackFile(wrong, name), name)).toThrow(
    /has 2 problems; no server was contacted/,
  );
  expect(hasDatabases(new StackFile(secret, name))).toBe(true);
  expect(hasDatabases(new StackFile("config: {}\n", name))).toBe(false);
});
