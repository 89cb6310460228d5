import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { Manifest } from "../../scripts/contract/manifest.ts";
import { manifestText } from "../../scripts/lib/store/manifest.ts";
import { docker, label } from "../sandbox/docker.ts";
import { backups, databaseKey, type RehearsalServer, startRehearsalServer } from "./rehearsal-server.ts";

let server: RehearsalServer;
/** The configured name of the database. */
let key: string;
let archive: string;

beforeAll(async () => {
  server = await startRehearsalServer();
  key = databaseKey(server.sandbox.number);
  const { container, psql } = server.sandbox;
  const directory = "/var/tmp/fast disk";
  await docker(["exec", "--user", "postgres", container, "mkdir", directory]);
  await psql(`CREATE TABLESPACE "fast disk" LOCATION '${directory}'`);
  await psql(`
    CREATE ROLE "Reading Room" NOLOGIN;
    CREATE ROLE librarian LOGIN PASSWORD 'hunter2' CONNECTION LIMIT 3 IN ROLE "Reading Room";
    ALTER ROLE librarian SET statement_timeout = '7s';
    CREATE TABLE loans (number integer PRIMARY KEY, reader text) TABLESPACE "fast disk";
    INSERT INTO loans SELECT n, 'reader ' || n FROM generate_series(1, 500) n;
    ALTER TABLE loans OWNER TO librarian;
    GRANT SELECT ON loans TO "Reading Room" WITH GRANT OPTION;
    ALTER DATABASE ${server.sandbox.database} SET search_path = public, "Reporting";
    ALTER DATABASE ${server.sandbox.database} CONNECTION LIMIT 40;`);
  archive = await server.backUp();
});
afterAll(() => server?.remove());
beforeEach(async () => {
  await server.configure({});
  await server.sandbox.run(`rm -f ${backups}/*.rehearsal.json`);
});

const nothingIsLeft = async () => {
  expect(await server.containers()).toEqual([]);
  expect(await server.hidden()).toEqual([]);
  expect(await server.databases()).toEqual([server.sandbox.database]);
};

/** A changed copy of the first backup with another name and a matching manifest. */
async function copyOf(stamp: string, edit: string, change: (manifest: Manifest) => void = () => {}) {
  const copy = `${backups}/${key}_${stamp}.sql.gz`;
  const made = await server.sandbox.run(
    `gunzip -c ${archive} | ${edit} | gzip >${copy} && gunzip -c ${copy} | wc -c && stat -c %s ${copy} && sha256sum ${copy} && cp ${archive.replace(".sql.gz", ".roles.sql")} ${copy.replace(".sql.gz", ".roles.sql")}`,
  );
  expect(made.stderr).toBe("");
  const [uncompressed = "", bytes = "", digest = ""] = made.stdout.split("\n");
  const manifest = Manifest.parse(
    JSON.parse(await server.sandbox.readFile(archive.replace(".sql.gz", ".json"))),
  );
  Object.assign(manifest.archive, {
    file: `${key}_${stamp}.sql.gz`,
    bytes: Number(bytes),
    sha256: digest.slice(0, 64),
    uncompressedBytes: Number(uncompressed),
  });
  change(manifest);
  await server.sandbox.writeFile(copy.replace(".sql.gz", ".json"), manifestText(manifest), "0600");
  return copy;
}

test("the newest backup restores to the backed-up data, and only the record of the proof is left", async () => {
  const roles = "SELECT string_agg(rolname, ',' ORDER BY rolname) FROM pg_roles";
  const before = await server.sandbox.psql(roles);
  const result = await server.rehearse("--json");
  expect(result.stderr).toBe("");
  const { exitCode, rehearsals } = JSON.parse(result.stdout);
  expect({ code: result.code, exitCode }).toEqual({ code: 0, exitCode: 0 });
  const record = await server.record(archive);
  expect(rehearsals).toEqual([{ database: key, exitCode: 0, record, error: null }]);
  expect(record).toMatchObject({
    archive: archive.split("/").at(-1),
    where: "container",
    compared: "full",
    result: "equal",
    differences: [],
    error: null,
  });
  expect(record.restoreSeconds).toBeGreaterThan(0);
  expect(record.durationSeconds).toBeGreaterThan(record.restoreSeconds ?? Number.POSITIVE_INFINITY);
  const { stdout } = await server.sandbox.run(`stat -c %a ${archive.replace(".sql.gz", ".rehearsal.json")}`);
  expect(stdout).toBe("600\n");
  const log = await server.log();
  expect(log).toContain("is what was backed up, 10 tables with 2,993 rows; a restore takes ");
  expect(log).not.toMatch(/hunter2|SCRAM/);
  expect(await server.sandbox.psql(roles)).toBe(before);
  await nothingIsLeft();
});

test("one changed row and one lost row are reported with their tables and numbers", async () => {
  const edit = `sed -e 's/^7\\treader 7$/7\\treader seven/' -e '/^20240101010007$/d'`;
  const copy = await copyOf("20990101_000000", edit);
  const result = await server.rehearse(`${copy} --json`);
  expect(result.code).toBe(13);
  const record = await server.record(copy);
  expect(record.result).toBe("different");
  expect(record.differences).toEqual([
    "public.loans: same number of rows (500), other content",
    "public.schema_migrations had 42 rows, it has 41",
  ]);
  expect(result.stderr).toContain("public.schema_migrations had 42 rows, it has 41");
  expect(await server.log()).toContain("differs from its manifest: public.loans: same number of rows (500)");
  await nothingIsLeft();
  await server.sandbox.run(`rm ${copy.replace(".sql.gz", "")}*`);
});

test("a result is reported if its record cannot be written, and a difference keeps its exit code", async () => {
  const copy = await copyOf("20990101_000002", `sed '/^20240101010007$/d'`);
  const inTheWay = (path: string) => `${path.replace(".sql.gz", ".rehearsal.json")}`;
  await server.sandbox.run(`mkdir ${inTheWay(archive)} ${inTheWay(copy)}`);
  try {
    const equal = await server.rehearse(archive);
    expect(equal.stdout).toContain("is what was backed up");
    expect(equal.stderr).toMatch(/rehearsal failed: its result could not be written in .*EISDIR/);
    expect(equal.code).toBe(1);
    const different = await server.rehearse(copy);
    expect(different.stderr).toMatch(/had 42 rows, it has 41[\s\S]*its result could not be written/);
    expect(different.code).toBe(13);
  } finally {
    await server.sandbox.run(`rmdir ${inTheWay(archive)}; rm -r ${copy.replace(".sql.gz", "")}*`);
  }
  await nothingIsLeft();
});

test("a role with other powers is a difference too", async () => {
  const copy = await copyOf("20990101_000001", "cat", ({ content }) => {
    for (const role of content?.roles ?? []) if (role.name === "librarian") role.connectionLimit = 4;
  });
  expect((await server.rehearse(copy)).code).toBe(13);
  expect((await server.record(copy)).differences).toEqual([
    "role librarian has other attributes or memberships",
  ]);
  await server.sandbox.run(`rm ${copy.replace(".sql.gz", "")}*`);
});

test.each([
  ["are missing", "rm", 65, /the roles of .* are missing/],
  ["were edited", "sed -i s/LOGIN/NOLOGIN/", 65, /roles.sql has changed since it was backed up/],
])("a backup whose roles %s fails", async (_, spoil, code, message) => {
  const copy = await copyOf("20990101_000002", "cat");
  await server.sandbox.run(`${spoil} ${copy.replace(".sql.gz", ".roles.sql")}`);
  expect((await server.rehearse(copy)).code).toBe(code);
  expect(await server.record(copy)).toMatchObject({
    result: "failed",
    error: expect.stringMatching(message),
  });
  await nothingIsLeft();
  await server.sandbox.run(`rm ${copy.replace(".sql.gz", "")}*`);
});

test("a backup that names a role which its roles file lacks fails, and the record says which", async () => {
  const roles = `${backups}/${key}_20990101_000003.roles.sql`;
  const copy = await copyOf("20990101_000003", "cat");
  const edited = await server.sandbox.run(`sed -i /librarian/d ${roles} && sha256sum ${roles}`);
  const manifest = JSON.parse(await server.sandbox.readFile(copy.replace(".sql.gz", ".json")));
  manifest.roles.sha256 = edited.stdout.slice(0, 64);
  await server.sandbox.writeFile(copy.replace(".sql.gz", ".json"), manifestText(manifest), "0600");
  expect((await server.rehearse(copy)).code).toBe(1);
  const record = await server.record(copy);
  expect(record).toMatchObject({ result: "failed", restoreSeconds: null });
  expect(record.error).toContain('role "librarian" does not exist');
  await nothingIsLeft();
  await server.sandbox.run(`rm ${copy.replace(".sql.gz", "")}*`);
});

test("a backup of a newer PostgreSQL than the image's fails before anything is restored", async () => {
  const copy = await copyOf("20990101_000006", "sed 's/^-- Dumped from database version [0-9]*/&000/'");
  expect((await server.rehearse(copy)).code).toBe(65);
  expect(await server.record(copy)).toMatchObject({
    result: "failed",
    restoreSeconds: null,
    error: expect.stringContaining("[DBK-RESTORE-2]"),
  });
  await nothingIsLeft();
  await server.sandbox.run(`rm ${copy.replace(".sql.gz", "")}*`);
});

test("without twice the space that it needs it is skipped, and says nothing about the backup", async () => {
  const copy = await copyOf("20990101_000004", "cat", (manifest) => {
    manifest.databaseBytes = 1e15;
  });
  const result = await server.rehearse(copy);
  expect(result.code).toBe(73);
  expect(result.stdout).toMatch(/rehearsal skipped: not enough space .* free, 2000 TB needed \(1000 TB for/);
  await expect(server.record(copy)).rejects.toThrow("No such file");
  await nothingIsLeft();
  await server.sandbox.run(`rm ${copy.replace(".sql.gz", "")}*`);
});

test("a file in another directory without a manifest is restored, and the result says that nothing was compared", async () => {
  const path = `/tmp/away/${key}_20240101_000000.sql.gz`;
  await server.sandbox.run(`mkdir /tmp/away && cp ${archive} ${path}`);
  const result = await server.rehearse(`${key} ${path} --json`);
  expect(result.code).toBe(0);
  expect(JSON.parse(result.stdout).rehearsals[0].record).toMatchObject({
    result: "equal",
    compared: "nothing",
  });
  expect((await server.sandbox.run("ls -A /tmp/away")).stdout).toBe(`${path.split("/").at(-1)}\n`);
  await nothingIsLeft();
});

test.each([
  ["--latest FILE", () => `--latest ${archive}`, 64],
  ["three words", () => `${key} ${archive} more`, 64],
  ["a name that is neither", () => "nonsense", 65],
  ["a file that is not there", () => `${backups}/${key}_20200101_000000.sql.gz`, 65],
])("%s is refused", async (_, words, code) => {
  expect((await server.rehearse(words())).code).toBe(code);
  await nothingIsLeft();
});

test("a live server that is down is no hindrance: a backup must do without it", async () => {
  const copy = await copyOf("20990101_000005", "sed -e /default_tablespace/d", ({ content }) => {
    // The tablespaces, and so their number, are the live server's.
    for (const kind of Object.keys(content?.objects ?? {}))
      if (/space/i.test(kind)) delete content?.objects[kind];
  });
  await server.sandbox.stopDatabase();
  try {
    const result = await server.rehearse(copy);
    expect(result.stderr).toBe("");
    expect(result.code).toBe(0);
  } finally {
    await server.sandbox.startDatabase();
  }
  await server.sandbox.run(`rm ${copy.replace(".sql.gz", "")}*`);
});

test("the maintenance database is rehearsed like any other; --latest is the default, --quiet prints nothing", async () => {
  const databases = server.settings.databases.map((database) => ({
    ...database,
    name: `${key}_maintenance`,
    database: "postgres",
  }));
  await server.configure({ databases });
  const made = await server.backUp();
  expect(made).toContain("maintenance");
  const result = await server.rehearse(`${key}_maintenance --latest --quiet`);
  expect(result).toEqual({ code: 0, stdout: "", stderr: "" });
  expect((await server.record(made)).result).toBe("equal");
  await server.sandbox.run(`rm ${backups}/${key}_maintenance*`);
});

test.each(["container", "image"])("without the %s it does not begin, and says so", async (missing) => {
  const container = `${server.sandbox.container}-without`;
  const databases = server.settings.databases.map((database) => ({ ...database, container }));
  await server.configure({ databases });
  if (missing === "image") {
    const own = await docker(["commit", server.sandbox.container]);
    await docker(["create", "--name", container, "--label", `${label}=${server.sandbox.number}`, own]);
    await docker(["rmi", "--force", own]);
  }
  const result = await server.rehearse();
  expect(result.code).toBe(69);
  expect(result.stderr).toContain(
    missing === "image" ? "is no longer on this server" : `there is no container ${container}`,
  );
  await expect(server.record(archive)).rejects.toThrow("No such file");
  expect(await server.hidden()).toEqual([]);
});
