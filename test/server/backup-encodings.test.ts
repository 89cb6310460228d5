import { afterAll, beforeAll, expect, test } from "vitest";
import { bytesOf } from "../../scripts/lib/base/text-bytes.ts";
import { settingsFile } from "./programs.ts";
import { type RestoreServer, startRestoreServer } from "./restore-server.ts";

let server: RestoreServer;

beforeAll(async () => {
  server = await startRestoreServer({ database: "empty" });
}, 120_000);
afterAll(() => server?.remove());

/** Creates a database in another encoding and makes it the configured one. */
async function configureDatabase(encoding: string): Promise<string> {
  const name = `in_${encoding.toLowerCase()}`;
  await server.sandbox.psql(
    `CREATE DATABASE ${name} TEMPLATE template0 ENCODING '${encoding}' LC_COLLATE 'C' LC_CTYPE 'C'`,
    "postgres",
  );
  const [database] = server.settings.databases;
  if (database === undefined) throw new Error("there is no database");
  const databases = [{ ...database, database: name }];
  await server.sandbox.writeFile(settingsFile, JSON.stringify({ ...server.settings, databases }), "0600");
  return name;
}

/** Names, comments and values that are not UTF-8. */
const latinBytes = `
DO $$
DECLARE
  size text := 'Gr' || chr(246) || chr(223) || 'e';
  quoted text := quote_ident(size || ' "x"');
BEGIN
  EXECUTE format('CREATE SCHEMA %s', quoted);
  EXECUTE format('CREATE TABLE %s.%s (id serial, %s text)', quoted, quoted, quoted);
  EXECUTE format('INSERT INTO %s.%s (%s) SELECT %L || n FROM generate_series(1, 50) AS n', quoted, quoted, quoted, size);
  EXECUTE format('CREATE SEQUENCE %s', quote_ident(size || ' n'));
  EXECUTE format('COMMENT ON TABLE %s.%s IS %L', quoted, quoted, size);
  EXECUTE format('COMMENT ON DATABASE %I IS %L', current_database(), size);
END $$;`;

const readable = `
SET client_encoding = 'UTF8';
CREATE TABLE "Größe" (id bigserial PRIMARY KEY, "Länge" integer, note text);
INSERT INTO "Größe" ("Länge", note) SELECT n, 'für ' || n FROM generate_series(1, 50) AS n;`;

test.each([
  ["SQL_ASCII", `${latinBytes}${readable.replace("UTF8", "SQL_ASCII")}`],
  ["LATIN1", `${latinBytes}${readable}`],
  [
    "EUC_JP",
    'SET client_encoding = UTF8; CREATE TABLE "日本語" ("列" text); INSERT INTO "日本語" VALUES (\'日本\'), (\'語\');',
  ],
])(
  "a database in %s is backed up and restored, whatever the bytes of its names",
  async (encoding, sql) => {
    const { sandbox } = server;
    const name = await configureDatabase(encoding);
    await sandbox.psql(sql, name);
    const before = await server.hash(name);
    const archive = await server.backUp();
    const changed = encoding === "EUC_JP" ? '"日本語"' : '"Größe"';
    const speak = encoding === "SQL_ASCII" ? encoding : "UTF8";
    await sandbox.psql(`SET client_encoding = '${speak}'; DROP TABLE ${changed}`, name);
    const restored = await server.restore(`${archive} --yes`);
    expect(restored).toMatchObject({ code: 0, stderr: "" });
    expect(await server.hash(name)).toBe(before);
  },
  300_000,
);

test("names that are no UTF-8 are themselves in the manifest", async () => {
  const { sandbox } = server;
  const manifests = await sandbox.run("grep -l SQL_ASCII /root/database_backups/*.json | head -n 1");
  const text = await sandbox.readFile(manifests.stdout.trim());
  const { content } = JSON.parse(text) as { content: { tables: { name: string }[] } };
  const names = content.tables.map((table) => bytesOf(table.name).toString("latin1"));
  expect(names).toContain('Größe "x"');
});
