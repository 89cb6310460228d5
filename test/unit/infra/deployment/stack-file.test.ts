import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { DeploymentError } from "../../../../infra/deployment/errors.ts";
import { StackFile } from "../../../../infra/deployment/stack-file.ts";

const name = "Pulumi.prod.yaml";
const key = `ssh-ed25519 ${"A".repeat(68)}`;

const commented = `# production
encryptionsalt: v1:salt
config:
    # our servers
    database-backups:servers:
        one: {} # the first
        # bought in 2024
        two:
            host: 192.0.2.1 # its address
            hostKey: ${key}
            # its own login
            user: deploy
        three: {port: 2222}
    other:region: 0x10
    database-backups:databases: {"library": {}}
`;

describe("what is added", () => {
  test("a server comes last, and every other line stays as it is", () => {
    const file = new StackFile(commented, name);
    file.addServer("four", { user: "deploy" });
    const added = "        four:\n            user: deploy\n";
    expect(file.text()).toBe(commented.replace("    other:region", `${added}    other:region`));
    expect(file.changes).toEqual(["servers: four is added"]);
  });

  test("a file with the line ends of Windows keeps them", () => {
    const file = new StackFile(commented.replaceAll("\n", "\r\n"), name);
    file.addServer("four", {});
    const added = commented.replace("    other:region", "        four: {}\n    other:region");
    expect(file.text()).toBe(added.replaceAll("\n", "\r\n"));
    expect(file.server("two")).toMatchObject({ host: "192.0.2.1", user: "deploy" });
  });

  test("numbers keep their spelling, although other readers may read them differently", () => {
    const numbers =
      "  other:account: 012345678901\n  other:mode: 0750\n  other:id: 12345678901234567890\n  other:v: 1.10\n";
    const file = new StackFile(`config:\n${numbers}`, name);
    file.addServer("four", {});
    expect(file.text()).toContain(numbers);
  });

  test("what servers share by an anchor becomes each one's own with the first edit", () => {
    const shared = `config:
  database-backups:servers:
    one: &usual # as all of them
      user: deploy
      port: 2222
    two: *usual
    three: *usual
`;
    for (const edited of ["one", "two"]) {
      const file = new StackFile(shared, name);
      file.setHostKey(edited, key);
      for (const server of ["one", "two", "three"])
        expect(file.server(server)).toEqual({
          user: "deploy",
          port: 2222,
          ...(server === edited && { hostKey: key }),
        });
      expect(new StackFile(file.text(), name).values()).toEqual(file.values());
      expect(file.text()).toContain("# as all of them");
    }
    const replaced = new StackFile(shared, name);
    replaced.replaceServer("two", "new", {});
    expect(replaced.server("new")).toEqual({ user: "deploy", port: 2222 });
  });

  test("what pulumi config set wrote as text is read as Pulumi reads it", () => {
    const text = [
      'config:\n  database-backups:verification: "false"',
      "  database-backups:runtime: system",
      "  database-backups:databases: '{\"app\": {}}'",
      '  database-backups:servers: {one: {hostKey: "1"}}\n',
    ].join("\n");
    expect(new StackFile(text, name).values()).toEqual({
      verification: false,
      runtime: "system",
      databases: { app: {} },
      servers: { one: { hostKey: "1" } },
    });
  });

  test("keys without the project's name are refused, because it is ambiguous which of two counts", () => {
    expect(() => new StackFile("config:\n  servers:\n    one: {}\n", name)).toThrow(
      /keys without their project's name: servers/,
    );
  });

  test("a host key is added to an empty and to a non-empty entry", () => {
    const file = new StackFile(commented, name);
    file.setHostKey("one", key);
    file.setHostKey("three", key);
    expect(file.server("one")).toEqual({ hostKey: key });
    expect(file.server("three")).toEqual({ port: 2222, hostKey: key });
    expect(file.text()).toContain("# the first");
    expect(file.changes[0]).toMatch(/servers\.one: its host key is pinned, SHA256:\S{43}$/);
  });

  test("a file that is missing or empty gets what is needed", () => {
    for (const empty of ["", "\n", "# nothing yet\n", "config:\n", "config: {}\n"]) {
      const file = new StackFile(empty, name);
      file.addServer("cloud.example.org", {});
      file.addDatabase("library");
      const expected =
        "  database-backups:servers:\n    cloud.example.org: {}\n  database-backups:databases:\n    library: {}\n";
      expect(file.text()).toContain(`config:\n${expected}`);
      if (empty.startsWith("#")) expect(file.text()).toContain("# nothing yet");
    }
  });

  test("what Pulumi wrote when it made the stack is taken over, the configuration stays ours", () => {
    const file = new StackFile("config:\n  database-backups:servers: {}\n", name);
    file.adoptTopLevel("config:\n  x: 1\nencryptionsalt: v1:new\n");
    expect(file.text()).toBe("config:\n  database-backups:servers: {}\nencryptionsalt: v1:new\n");
  });
});

describe("a server that replaces another", () => {
  test("keeps the position, the settings and the comments, without those of the machine", () => {
    const file = new StackFile(commented, name);
    file.replaceServer("two", "new.example.org", { sshConfig: "/c" });
    expect(file.serverKeys()).toEqual(["one", "new.example.org", "three"]);
    expect(file.server("new.example.org")).toEqual({ user: "deploy", sshConfig: "/c" });
    expect(file.values().decommissioned).toEqual({ two: "forget" });
    for (const comment of ["# bought in 2024", "# its own login", "# our servers", "# production"])
      expect(file.text()).toContain(comment);
    expect(file.text()).toContain("other:region: 0x10");
  });

  test("leaves alone what the servers that stay, and those that leave, still have in the state", () => {
    const file = new StackFile(commented, name);
    file.forgetServer("two-b");
    expect(file.otherKeys("two").sort()).toEqual(["one", "three", "two-b"]);
  });

  test("inherits nothing from an entry without settings", () => {
    const file = new StackFile(commented, name);
    file.replaceServer("one", "uno", {});
    expect(file.server("uno")).toEqual({});
  });
});

test("a file that is not edited stays byte for byte, however it is written", () => {
  const odd = "config: {   database-backups:servers:   {a: {}},\n  'other:x':   1}   # odd\n\n\n";
  expect(new StackFile(odd, name).text()).toBe(odd);
});

test("no existing text is lost, for any servers and settings", () => {
  const word = fc.stringMatching(/^[a-z][a-z0-9]{0,8}$/);
  const servers = fc.dictionary(word, fc.dictionary(word, fc.oneof(word, fc.integer(), fc.boolean())));
  fc.assert(
    fc.property(servers, fc.dictionary(word, word), word, (given, others, added) => {
      fc.pre(!Object.hasOwn(given, added));
      const config = {
        ...Object.fromEntries(Object.entries(others).map(([key, value]) => [`other:${key}`, value])),
        "database-backups:servers": given,
      };
      const file = new StackFile(JSON.stringify({ config }), name);
      file.addServer(added, {});
      const again = new StackFile(file.text(), name);
      expect(again.values()).toEqual({ servers: { ...given, [added]: {} } });
      for (const value of Object.keys(others)) expect(file.text()).toContain(`other:${value}`);
    }),
  );
});

describe("what cannot be edited is refused and not overwritten", () => {
  const cases: [string, string][] = [
    ["no YAML", "config: {a: [}\n"],
    ["a list", "- a\n"],
    ["config as a list", "config: [1]\n"],
    ["servers as a list", "config:\n  database-backups:servers: [a]\n"],
    ["servers as text", "config:\n  database-backups:servers: a\n"],
  ];
  test.each(cases)("%s", (_, text) => {
    const editing = () => new StackFile(text, name).addServer("a", {});
    expect(editing).toThrow(DeploymentError);
    expect(editing).toThrow(name);
  });
});
