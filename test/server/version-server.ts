import type { CommandResult } from "../../infra/local-machine/command.ts";
import type { PostgresVersion } from "../sandbox/postgres-version.ts";
import { commandOf, copyBackup, putPrograms } from "./programs.ts";
import { backups, name, type StatusServer, startStatusServer } from "./status-server.ts";

/** A sandbox server with one major version of PostgreSQL and all programs. */
export interface VersionServer extends StatusServer {
  version: PostgresVersion;
  /** Runs `restore_database` with shell words. */
  restore(words: string): Promise<CommandResult>;
  /** Runs `rehearse_restore` with shell words. */
  rehearse(words: string): Promise<CommandResult>;
  /** The path of the newest backup. */
  newest(): Promise<string>;
  /** A text that is the same for the same content in every version. */
  content(): Promise<string>;
  /** Copies the archive and the files beside it from another server. @returns the path here */
  fetch(from: VersionServer, archive: string): Promise<string>;
}

/** Content that versions dump, store or count differently, in addition to the sandbox's. */
const additions = `
  CREATE TYPE price_range AS RANGE (subtype = numeric);
  CREATE TABLE visits (
    id bigint GENERATED ALWAYS AS IDENTITY,
    day date NOT NULL,
    price price_range CONSTRAINT price_is_known NOT NULL,
    ratio double precision,
    seen timestamptz DEFAULT '2025-01-01 12:00+01',
    PRIMARY KEY (id, day)
  ) PARTITION BY RANGE (day);
  CREATE TABLE visits_2025 PARTITION OF visits FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
  CREATE TABLE visits_other PARTITION OF visits DEFAULT;
  INSERT INTO visits (day, price, ratio)
    SELECT date '2025-12-01' + n, price_range(n, n + 1.5), n / 7.0 FROM generate_series(1, 60) n;
  ALTER TABLE visits ENABLE ROW LEVEL SECURITY;
  CREATE POLICY own_visits ON visits TO reporting USING (day > '2025-06-01');
  GRANT ALL ON visits TO reporting;
  GRANT CREATE ON SCHEMA public TO reporting;
  CREATE STATISTICS visits_days (dependencies) ON id, day FROM visits;
  CREATE PUBLICATION everything FOR ALL TABLES;
  CREATE ROLE auditor;
  GRANT reporting TO auditor WITH ADMIN OPTION;
  CREATE TRIGGER touch_visits BEFORE UPDATE ON visits FOR EACH ROW EXECUTE FUNCTION touch_updated_at();
  CREATE DOMAIN short_text AS text NOT NULL CHECK (length(VALUE) < 99);
  CREATE TABLE bookings (of short_text, during tstzrange, EXCLUDE USING gist (during WITH &&));
  ALTER TABLE users ADD CONSTRAINT is_named CHECK (name <> '') NOT VALID;
  CREATE FUNCTION is_short(what text, longest integer DEFAULT 9) RETURNS boolean LANGUAGE sql AS 'SELECT length(what) < longest';
  COMMENT ON TYPE price_range IS 'from and to';`;

/** The content of a database, in a fixed order and with names that all versions have. */
export const contentQuery = `
SET TimeZone = 'UTC';
SET search_path = pg_catalog;
CREATE FUNCTION pg_temp.lines(what text) RETURNS SETOF text LANGUAGE plpgsql AS $body$
  BEGIN RETURN QUERY EXECUTE 'SELECT line FROM (' || what || ') AS l(line) ORDER BY line COLLATE "C"'; END $body$;
SELECT pg_temp.lines(what) FROM unnest(ARRAY[
  $$SELECT format('%I.%I ', nspname, relname) || (xpath('/row/hash/text()', query_to_xml(format(
      'SELECT md5(coalesce(string_agg(r::text, chr(10) ORDER BY r::text COLLATE "C"), '''')) AS hash FROM ONLY %I.%I AS r',
      nspname, relname), false, true, '')))[1]::text
    FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace
    WHERE relkind IN ('r', 'm') AND nspname IN ('public', 'Reporting')$$,
  $$SELECT format('%I.%I %s', schemaname, sequencename, last_value) FROM pg_sequences$$,
  $$SELECT oid || ' ' || md5(lo_get(oid)) FROM pg_largeobject_metadata$$,
  -- From 18 on a column that is NOT NULL has a constraint of its own.
  $$SELECT format('%s %I', conrelid::regclass, conname) FROM pg_constraint WHERE contype <> 'n' AND conrelid > 16383$$,
  $$SELECT indexrelid::regclass::text FROM pg_index JOIN pg_class c ON c.oid = indrelid
    WHERE c.oid > 16383 AND relkind <> 't'$$,
  $$SELECT polname::text FROM pg_policy$$,
  $$SELECT pubname::text FROM pg_publication$$
]) AS what`;

export async function startVersionServer(version: PostgresVersion): Promise<VersionServer> {
  const server = await startStatusServer({ postgres: version });
  const { sandbox } = server;
  await putPrograms(sandbox, ["restore_database", "rehearse_restore"]);
  await sandbox.psql(`${additions}\nINSERT INTO awkward_texts VALUES (100, 'made by', '${version}');`);
  return {
    ...server,
    version,
    restore: (words) => sandbox.run(`${commandOf(sandbox, "restore_database")} ${words} </dev/null`),
    rehearse: (words) => sandbox.run(`${commandOf(sandbox, "rehearse_restore")} ${words} </dev/null`),
    newest: async () => (await sandbox.run(`ls -t ${backups}/${name}_*.sql.gz | head -n 1`)).stdout.trim(),
    content: () => sandbox.psql(contentQuery),
    fetch: (from, archive) => copyBackup(from.sandbox, sandbox, archive),
  };
}
