import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type CommandResult, execute } from "../../infra/local-machine/command.ts";
import { tryDocker } from "../sandbox/docker.ts";
import { executeIn } from "../sandbox/inside.ts";
import { placesOf, usualVersion } from "../sandbox/postgres-version.ts";
import type { SandboxServer } from "../sandbox/sandbox-server.ts";
import { type SandboxOptions, startServer } from "../sandbox/server.ts";

const options = {
  plain: { sshdOptions: ["MaxSessions 1"], bashrc: "echo welcome", timezone: "Europe/Berlin" },
  sudo: { login: "sudo", jumpHost: true, database: "empty" },
  noSudo: { login: "no-sudo", database: "none", tmpfs: { "/root/database_backups": "4m" } },
  german: {
    initdbArguments: "--encoding=LATIN1 --locale=de_DE.iso88591",
    databaseEnvironment: ["TZ=Europe/Berlin"],
  },
} as const satisfies Record<string, SandboxOptions>;

const servers = new Map<string, SandboxServer>();

function server(name: keyof typeof options): SandboxServer {
  const found = servers.get(name);
  if (!found) throw new Error(`${name} was not started`);
  return found;
}

function ssh(to: SandboxServer, command: string, ...more: string[]): Promise<CommandResult> {
  const argv = ["ssh", "-F", to.sshConfig, "-o", "BatchMode=yes", "-o", "ConnectTimeout=10", ...more];
  return execute([...argv, to.alias, command]);
}

beforeAll(async () => {
  await Promise.all(
    Object.entries(options).map(async ([name, options]) => servers.set(name, await startServer(options))),
  );
});

afterAll(async () => {
  await Promise.all([...servers.values()].map((one) => one.remove()));
});

describe("the server", () => {
  test("logs root in by its key and counts logins at sshd", async () => {
    const before = await server("plain").logins();
    const { code, stdout } = await ssh(server("plain"), "id -un; docker ps --format '{{.Names}}'");
    expect(code).toBe(0);
    expect(stdout.split("\n")).toEqual(
      expect.arrayContaining(["welcome", "root", server("plain").container]),
    );
    expect(await server("plain").logins()).toBe(before + 1);
  });

  test("is known by its host key only", async () => {
    const { code, stderr } = await ssh(server("plain"), "true", "-o", "UserKnownHostsFile=/dev/null");
    expect(code).toBe(255);
    expect(stderr).toContain("Host key verification failed");
  });

  test("has a machine-id of its own", async () => {
    const ids = await Promise.all([...servers.values()].map((one) => one.readFile("/etc/machine-id")));
    expect(new Set(ids).size).toBe(ids.length);
    for (const id of ids) expect(id).toMatch(/^[0-9a-f]{32}\n$/);
  });

  test("runs what stands in a cron table", async () => {
    const table = "* * * * * root id -un >/root/cron-ran 2>&1\n";
    await server("plain").writeFile("/etc/cron.d/sandbox-test", table);
    await expect
      .poll(async () => (await server("plain").run("cat /root/cron-ran")).stdout, {
        timeout: 150_000,
        interval: 1_000,
      })
      .toBe("root\n");
  });

  test("has the local time it was given", async () => {
    expect((await server("plain").run("date -d 2026-07-01T12:00Z +%H")).stdout).toBe("14\n");
  });

  test("has a Node for tests and none on its PATH", async () => {
    const { stdout } = await server("plain").run(`${server("plain").node} --version; command -v node`);
    expect(stdout).toMatch(/^v24\.\d+\.\d+\n$/);
  });

  test("can be down and comes up the same", async () => {
    const id = await server("plain").readFile("/etc/machine-id");
    await server("plain").stop();
    expect((await ssh(server("plain"), "true")).code).toBe(255);
    await server("plain").start();
    expect((await ssh(server("plain"), "true")).code).toBe(0);
    expect(await server("plain").readFile("/etc/machine-id")).toBe(id);
  });

  test("has the small file system that was asked for", async () => {
    const { stdout } = await server("noSudo").run("df --output=size --block-size=1M /root/database_backups");
    expect(stdout.trim().split(/\s+/).at(-1)).toBe("4");
  });
});

describe("other ways in", () => {
  test("sudo without a password, and no root login", async () => {
    expect((await ssh(server("sudo"), "id -un; sudo -n id -un")).stdout).toBe("deploy\nroot\n");
    const asRoot = await ssh(server("sudo"), "true", "-l", "root");
    expect(asRoot.code).toBe(255);
    expect(asRoot.stderr).toContain("Permission denied");
  });

  test("a login without sudo rights", async () => {
    expect((await ssh(server("noSudo"), "id -un")).stdout).toBe("deploy\n");
    expect((await ssh(server("noSudo"), "sudo -n true")).code).not.toBe(0);
  });

  test("only through the jump host", async () => {
    const { alias, host, port, proxyJump } = server("sudo");
    expect(proxyJump).toBe(`${alias}-jump`);
    expect((await ssh(server("sudo"), "true")).code).toBe(0);
    expect((await ssh(server("sudo"), "true", "-o", "ProxyJump=none")).code).toBe(255);
    const direct = ["-o", "ProxyJump=none", "-o", "HostName=127.0.0.1", "-o", "HostKeyAlias=x"];
    expect((await ssh(server("sudo"), "true", ...direct)).code).toBe(255);
    expect([host, port]).toEqual([`${alias}.internal`, 2022]);
  });
});

describe("a command in a container", () => {
  const look = `id; pwd; umask; ulimit -n -c -u; env | grep -vE '^(PWD|SHLVL|_)=' | sort; grep Cap /proc/self/status
    awk '{ print ($1 == $6), $4 }' /proc/$$/stat; cat; echo error >&2; kill -TERM $$`;

  test.each(["server", "database"])("of the %s runs as Docker would run it", async (which) => {
    const { serverContainer, container } = server("plain");
    const one = which === "server" ? serverContainer : container;
    const inside = await executeIn(one, ["bash", "-c", look], { input: "given" });
    expect(inside).toEqual(await tryDocker(["exec", "-i", one, "bash", "-c", look], { input: "given" }));
    expect(inside).toMatchObject({ code: 143, stderr: "error\n" });
    expect(inside.stdout).toMatch(/^uid=0.*given$/s);
  });

  test("ends although what it has started goes on, with its output in hand", async () => {
    const { run } = server("plain");
    expect(await run("sleep 30 & echo $!")).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^\d+\n$/),
    });
    expect((await run("pkill -x sleep")).code).toBe(0);
  });

  test("finds a container that was started again, and none that is stopped", async () => {
    const sudo = server("sudo");
    const times = async () => (await sudo.run("cat /proc/1/stat | cut -d ' ' -f 22")).stdout;
    const before = await times();
    expect((await sudo.run("true")).code).toBe(0);
    await sudo.stop();
    expect((await sudo.run("true")).code).not.toBe(0);
    await sudo.start();
    expect(await times()).not.toBe(before);
  });
});

describe("the database", () => {
  test("is PostgreSQL as the official image runs it with POSTGRES_USER", async () => {
    const roles = await server("plain").psql(
      "SELECT rolname FROM pg_roles WHERE rolsuper OR rolname = 'postgres'",
    );
    expect(roles).toBe(server("plain").databaseUser);
    const { container, database, databaseUser } = server("plain");
    const tcp = ["psql", "-X", "-w", "-h", "127.0.0.1", "-U", databaseUser, "-d", database, "-c", "SELECT 1"];
    const refused = await execute(["docker", "exec", container, ...tcp]);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain("no password supplied");
    const withPassword = ["docker", "exec", "--env", "PGPASSWORD=sandbox", container, ...tcp];
    expect((await execute(withPassword)).code).toBe(0);
  });

  test("has its data on a bind mount that the server sees at the same path", async () => {
    const { container, dataDirectory } = server("plain");
    const format =
      "{{range .Mounts}}{{.Type}} {{.Source}} {{.Destination}}{{end}} {{.HostConfig.NetworkMode}}";
    const { stdout } = await execute(["docker", "inspect", "--format", format, container]);
    const version = usualVersion();
    const { mount, below } = placesOf(version);
    expect(stdout).toBe(`bind ${dataDirectory} ${mount} none\n`);
    const written = await server("plain").run(`cat ${dataDirectory}/${below}/PG_VERSION`);
    expect(written.stdout).toBe(`${version}\n`);
  });

  test("is about 8 MB, the same on every machine", async () => {
    const megabytes = await server("plain").psql("SELECT pg_database_size(current_database()) / 1000000");
    expect(Number(megabytes)).toBeGreaterThanOrEqual(8);
    expect(Number(megabytes)).toBeLessThanOrEqual(11);
    const digest = await server("plain").psql(
      "SELECT md5(string_agg(id || md5(body), ',' ORDER BY id)) FROM lessons",
    );
    expect(digest).toBe("7441009fa16e4ca894b17d7673ca2d4c");
  });

  test("shuts down cleanly and keeps its data without its container", async () => {
    await server("plain").psql("CREATE TABLE kept AS SELECT 42 AS answer");
    await server("plain").stopDatabase();
    const logs = await execute(["docker", "logs", "--tail", "3", server("plain").container]);
    expect(logs.stderr).toContain("database system is shut down");
    await server("plain").removeDatabase();
    await server("plain").startDatabase();
    expect(await server("plain").psql("SELECT answer FROM kept")).toBe("42");
  });

  test("is empty, or not there, on request", async () => {
    expect(await server("sudo").psql("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'")).toBe("0");
    expect((await execute(["docker", "inspect", server("noSudo").container])).code).toBe(1);
  });

  test("is initialised otherwise, in another time zone, on request", async () => {
    const asked =
      "SELECT concat_ws(' ', getdatabaseencoding(), current_setting('lc_monetary'), current_setting('TimeZone'))";
    expect(await server("german").psql(asked)).toBe("LATIN1 de_DE.iso88591 Europe/Berlin");
  });
});
