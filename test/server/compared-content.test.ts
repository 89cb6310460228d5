import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { containing, rehearse, restore, rewriteContent } from "./compared-databases.ts";
import { putPrograms } from "./programs.ts";
import { type RehearsalServer, startRehearsalServer } from "./rehearsal-server.ts";

let server: RehearsalServer;

beforeAll(async () => {
  server = await startRehearsalServer({ database: "empty" });
  await putPrograms(server.sandbox, ["restore_database"]);
});
afterAll(() => server?.sandbox.remove());

const stage =
  "CREATE TYPE stage AS ENUM ('new', 'called', 'visited', 'offered', 'won', 'lost', 'parked', 'closed');";
const nth = (offset: string) => `(enum_range(NULL::stage))[1 + ${offset}]`;
/** A table with hash partitions on a key of this type, with 400 rows. */
const hashed = (name: string, type: string, value: string): string => `
  CREATE TABLE ${name} (key ${type}, n integer) PARTITION BY HASH (key);
  ${[0, 1, 2, 3].map((remainder) => `CREATE TABLE ${name}_${remainder} PARTITION OF ${name} FOR VALUES WITH (MODULUS 4, REMAINDER ${remainder});`).join("\n")}
  INSERT INTO ${name} SELECT ${value}, n FROM generate_series(1, 400) AS n;`;

describe("hash partitions whose rows move, because the hash is of oids", () => {
  const keys: [name: string, type: string, value: string][] = [
    ["by_enum", "stage NOT NULL", nth("n % 8")],
    ["by_domain", "open_stage", nth("n % 5")],
    ["by_array", "stage[]", `ARRAY[${nth("n % 8")}, ${nth("n % 3")}]`],
    ["by_row", "step", `ROW(${nth("n % 8")}, n % 9)::step`],
    ["by_range", "stages", `stages(${nth("n % 4")}, ${nth("4 + n % 4")})`],
    [
      "by_table",
      "regclass",
      "(ARRAY['by_enum', 'by_array', 'by_enum_1', 'by_enum_2', 'by_row', 'by_range']::regclass[])[1 + n % 6]",
    ],
  ];
  const sql = `${stage}
    CREATE DOMAIN open_stage AS stage CHECK (VALUE <> 'closed');
    CREATE TYPE step AS (stage stage, number integer);
    CREATE TYPE stages AS RANGE (subtype = stage);
    ${keys.map((key) => hashed(...key)).join("\n")}
    CREATE TABLE years (at date, stage stage) PARTITION BY RANGE (at);
    CREATE TABLE year_2026 PARTITION OF years FOR VALUES FROM ('2026-01-01') TO ('2027-01-01') PARTITION BY HASH (stage);
    CREATE TABLE year_2026_0 PARTITION OF year_2026 FOR VALUES WITH (MODULUS 2, REMAINDER 0) PARTITION BY LIST (stage);
    CREATE TABLE year_2026_0_all PARTITION OF year_2026_0 DEFAULT;
    CREATE TABLE year_2026_1 PARTITION OF year_2026 FOR VALUES WITH (MODULUS 2, REMAINDER 1);
    INSERT INTO years SELECT date '2026-01-01' + n, ${nth("n % 8")} FROM generate_series(0, 299) AS n;`;
  let ask: (sql: string) => Promise<string>;
  let archive: string;
  const counts = () =>
    ask(
      [...keys.map(([name]) => name), "years"]
        .map((name) => `SELECT count(*) FROM ${name}`)
        .join(" UNION ALL "),
    );

  beforeAll(async () => {
    ask = await containing(server, "hashed", sql);
    archive = await server.backUp();
  });

  test("a rehearsal compares whole tables", async () => {
    await rehearse(server, archive);
  });

  test("a restore brings all rows, and one changed row is still found", async () => {
    const before = await counts();
    const lying = await ask("SELECT tableoid::regclass, count(*) FROM by_enum GROUP BY 1 ORDER BY 1");
    await restore(server, archive);
    expect(await counts()).toBe(before);
    expect(await ask("SELECT tableoid::regclass, count(*) FROM by_enum GROUP BY 1 ORDER BY 1")).not.toBe(
      lying,
    );
    await rewriteContent(server, archive, ({ tables }) => ({
      tables: tables.map((table) =>
        table.name === "by_row_1" ? { ...table, hash: `${BigInt(table.hash ?? 0) + 1n}` } : table,
      ),
    }));
    expect(await server.rehearse(archive)).toMatchObject({ code: 13 });
    expect((await server.record(archive)).differences).toEqual([
      "public.by_row: same number of rows (400), other content",
    ]);
  });

  test("a manifest without hash partitions is compared correctly too", async () => {
    const older = await server.backUp();
    await rewriteContent(server, older, ({ tables }) => ({
      tables: tables.map(({ hashPartitionOf: _, ...table }) => table),
    }));
    await rehearse(server, older);
    await restore(server, older);
  });
});

test("a comment that no dump carries keeps nothing from being restored, also with a manifest that counts it", async () => {
  await containing(
    server,
    "commented",
    `CREATE TABLE entries (id integer, at date NOT NULL) PARTITION BY RANGE (at);
     CREATE TABLE entries_2026 PARTITION OF entries FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
     CREATE FUNCTION unchanged() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
     CREATE TRIGGER look BEFORE INSERT ON entries FOR EACH ROW EXECUTE FUNCTION unchanged();
     COMMENT ON TRIGGER look ON entries_2026 IS 'of the partition';
     INSERT INTO entries VALUES (1, '2026-05-05');`,
  );
  const archive = await server.backUp();
  await rehearse(server, archive);
  await restore(server, archive);
  await rewriteContent(server, archive, ({ objects: { commentTexts: _, ...objects } }) => ({
    objects: { ...objects, comments: { count: 1, hash: "-5" } },
  }));
  await rehearse(server, archive);
  expect(await server.log()).toContain("rehearsal note: not compared: comments:");
  await restore(server, archive);
});
