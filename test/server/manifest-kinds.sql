-- Objects of every kind and form that a dump and a restore could make other than they were.
SELECT current_setting('server_version_num')::int >= 140000 AS at_least_14,
  current_setting('server_version_num')::int >= 150000 AS at_least_15,
  current_setting('server_version_num')::int >= 170000 AS at_least_17,
  current_setting('server_version_num')::int >= 180000 AS at_least_18 \gset

CREATE ROLE first_owner;
CREATE ROLE second_owner;
CREATE ROLE reader;
CREATE SCHEMA shop AUTHORIZATION first_owner;
GRANT USAGE, CREATE ON SCHEMA shop TO second_owner WITH GRANT OPTION;
GRANT USAGE ON SCHEMA shop TO reader;
SET search_path = shop;
CREATE EXTENSION pg_trgm SCHEMA shop;
CREATE EXTENSION postgres_fdw SCHEMA shop;
COMMENT ON FUNCTION similarity(text, text) IS 'how like';
COMMENT ON EXTENSION pg_trgm IS 'ours now';
GRANT EXECUTE ON FUNCTION similarity(text, text) TO reader;
REVOKE EXECUTE ON FUNCTION word_similarity(text, text) FROM PUBLIC;

-- Types, with owners of their own.
CREATE TYPE mood AS ENUM ('sad', 'happy');
ALTER TYPE mood ADD VALUE 'ok' BEFORE 'happy';
ALTER TYPE mood OWNER TO second_owner;
CREATE TYPE point_3d AS (x float8, y float8);
ALTER TYPE point_3d ADD ATTRIBUTE z numeric(4, 1);
ALTER TYPE point_3d DROP ATTRIBUTE x;
CREATE TYPE span AS RANGE (subtype = float8, subtype_diff = float8mi);
CREATE DOMAIN short AS varchar(20) DEFAULT 'x' NOT NULL CONSTRAINT not_empty CHECK (VALUE <> '');
CREATE DOMAIN positive AS integer CHECK (VALUE > -9);
ALTER DOMAIN positive ADD CONSTRAINT above CHECK (VALUE > 0) NOT VALID;
CREATE DOMAIN shorter AS short CHECK (length(VALUE) < 10);
COMMENT ON CONSTRAINT not_empty ON DOMAIN short IS 'or else';
COMMENT ON DOMAIN short IS 'not long';
COMMENT ON COLUMN point_3d.y IS 'up';
GRANT USAGE ON TYPE mood TO reader;
REVOKE USAGE ON TYPE short FROM PUBLIC;
CREATE TYPE shell_only;
CREATE FUNCTION text_in(cstring) RETURNS shell_only LANGUAGE internal IMMUTABLE STRICT AS 'textin';
CREATE FUNCTION text_out(shell_only) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS 'textout';
CREATE TYPE shell_only (INPUT = text_in, OUTPUT = text_out, LIKE = text);
CREATE TYPE nothing_yet;
CREATE COLLATION german (provider = icu, locale = 'de-AT');
CREATE COLLATION plain FROM "C";
ALTER COLLATION plain OWNER TO second_owner;

-- Functions of every form of arguments.
CREATE FUNCTION shop.add(IN a integer, b integer DEFAULT 2, OUT sum integer, VARIADIC more integer[] DEFAULT '{}') LANGUAGE sql AS 'SELECT a + b';
CREATE FUNCTION series(upto integer) RETURNS TABLE (n integer, square bigint) LANGUAGE sql ROWS 10 AS 'SELECT i, i::bigint * i FROM generate_series(1, upto) AS i';
CREATE PROCEDURE tidy(days integer DEFAULT 7, INOUT done bigint DEFAULT 0) LANGUAGE plpgsql AS 'BEGIN done := days; END';
CREATE PROCEDURE sweep(IN room text, how numeric(3, 1)) LANGUAGE sql AS 'SELECT 1';
ALTER PROCEDURE sweep(text, numeric) OWNER TO second_owner;
GRANT EXECUTE ON PROCEDURE sweep(text, numeric) TO reader;
REVOKE EXECUTE ON PROCEDURE tidy(integer, bigint) FROM PUBLIC;
CREATE FUNCTION take(anyelement, mood[], "char", character(3), timestamp(3) with time zone) RETURNS void LANGUAGE sql AS 'SELECT';
\if :at_least_14
CREATE FUNCTION standard(a integer) RETURNS integer LANGUAGE sql IMMUTABLE RETURN a * 2;
CREATE PROCEDURE gives(IN a integer, OUT b integer) LANGUAGE plpgsql AS 'BEGIN b := a; END';
COMMENT ON PROCEDURE gives IS 'one';
\endif
CREATE FUNCTION quick() RETURNS integer LANGUAGE sql SECURITY DEFINER PARALLEL SAFE LEAKPROOF STABLE SET search_path = shop, pg_temp AS 'SELECT 1';
CREATE AGGREGATE longest(text) (SFUNC = textcat, STYPE = text);
CREATE AGGREGATE middle(double precision ORDER BY anyelement) (SFUNC = ordered_set_transition, STYPE = internal, FINALFUNC = percentile_disc_final, FINALFUNC_EXTRA);
CREATE OPERATOR === (LEFTARG = integer, RIGHTARG = integer, FUNCTION = int4eq, COMMUTATOR = ===);
CREATE OPERATOR CLASS numbers FOR TYPE integer USING btree AS OPERATOR 3 ===, FUNCTION 1 btint4cmp(integer, integer);
CREATE FUNCTION mood_to_integer(mood) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT 1';
CREATE CAST (mood AS integer) WITH FUNCTION mood_to_integer(mood) AS ASSIGNMENT;
COMMENT ON CAST (mood AS integer) IS 'rounded';
COMMENT ON OPERATOR === (integer, integer) IS 'quite equal';
CREATE FUNCTION changed() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE FUNCTION on_ddl() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';

-- Tables: sequences that were renamed or taken over, names given by older tables, generated columns.
CREATE TABLE goods (
  id integer GENERATED ALWAYS AS IDENTITY (START 5 INCREMENT 5),
  code short,
  price numeric(8, 2) DEFAULT 1 CHECK (price > 0),
  feeling mood,
  pair text COLLATE german,
  doubled numeric GENERATED ALWAYS AS (price * 2) STORED,
  amount positive,
  gone integer,
  PRIMARY KEY (id) INCLUDE (price),
  UNIQUE (code) DEFERRABLE INITIALLY DEFERRED,
  CONSTRAINT never_same EXCLUDE USING btree (pair WITH =) WHERE (price > 5)
);
ALTER TABLE goods DROP COLUMN gone;
ALTER TABLE goods RENAME TO wares;
ALTER SEQUENCE goods_id_seq RENAME TO numbers_of_wares;
INSERT INTO wares (code, feeling) VALUES ('a', 'ok'), ('b', 'sad');
CREATE TABLE parts (id serial PRIMARY KEY, ware integer REFERENCES wares ON DELETE CASCADE, "odd ""name" text NOT NULL);
ALTER TABLE parts RENAME TO pieces;
ALTER TABLE pieces ADD CONSTRAINT later CHECK (id > 0) NOT VALID;
ALTER TABLE pieces ADD CONSTRAINT ware_exists FOREIGN KEY (ware) REFERENCES wares DEFERRABLE NOT VALID;
ALTER TABLE pieces ALTER COLUMN "odd ""name" SET STORAGE EXTERNAL, ALTER COLUMN "odd ""name" SET STATISTICS 300;
ALTER TABLE pieces SET (fillfactor = 70, autovacuum_enabled = off);
ALTER TABLE pieces REPLICA IDENTITY FULL;
ALTER TABLE pieces OWNER TO first_owner;
CREATE SEQUENCE loose AS smallint INCREMENT -2 CYCLE;
ALTER SEQUENCE loose OWNER TO first_owner;
ALTER SEQUENCE loose OWNED BY pieces.ware;
\if :at_least_15
CREATE UNLOGGED TABLE cache (key text PRIMARY KEY);
CREATE TABLE once (value text, UNIQUE NULLS NOT DISTINCT (value));
CREATE SEQUENCE unlogged_numbers;
\endif
CREATE TABLE kept (id bigint, note text);
CREATE UNIQUE INDEX kept_id ON kept (id) WHERE note IS NOT NULL;
CREATE INDEX kept_lower ON kept (lower(note) text_pattern_ops DESC NULLS LAST);
CREATE INDEX kept_trgm ON kept USING gin (note gin_trgm_ops);
ALTER INDEX kept_lower ALTER COLUMN 1 SET STATISTICS 50;
CREATE INDEX kept_order ON kept (id);
ALTER TABLE kept CLUSTER ON kept_order;
COMMENT ON INDEX kept_id IS 'some';
CREATE TABLE of_type OF point_3d (z WITH OPTIONS NOT NULL, CHECK (y > 0));
CREATE TABLE likeness (LIKE wares INCLUDING ALL);

-- Inheritance, by birth and later, with constraints from one, from two and from both sides.
CREATE TABLE base (id integer NOT NULL, name text DEFAULT 'n', CONSTRAINT named CHECK (name <> ''), CONSTRAINT only_here CHECK (id < 100) NO INHERIT);
CREATE TABLE other (id integer NOT NULL, CONSTRAINT positive CHECK (id > 0));
CREATE TABLE child (extra text) INHERITS (base, other);
CREATE TABLE grandchild (name text DEFAULT 'other') INHERITS (child);
CREATE TABLE adopted (name text NOT NULL, id integer NOT NULL, CONSTRAINT named CHECK (name <> ''));
ALTER TABLE adopted INHERIT base;
ALTER TABLE child ALTER COLUMN name SET NOT NULL;
ALTER TABLE base ADD COLUMN late integer NOT NULL DEFAULT 4;
ALTER TABLE ONLY child ALTER COLUMN late SET DEFAULT 5;
ALTER TABLE base ADD CONSTRAINT late_check CHECK (late > 0) NOT VALID;
ALTER TABLE child VALIDATE CONSTRAINT late_check;
CREATE TABLE divorced () INHERITS (other);
ALTER TABLE divorced NO INHERIT other;
COMMENT ON CONSTRAINT named ON base IS 'has a name';
COMMENT ON CONSTRAINT named ON child IS 'inherited';
COMMENT ON CONSTRAINT named ON adopted IS 'its own';

-- Partitions: of several levels, attached with constraints and indexes of their own, and detached.
CREATE TABLE visits (id bigint GENERATED BY DEFAULT AS IDENTITY, at date NOT NULL, piece integer REFERENCES pieces, note text DEFAULT 'n', PRIMARY KEY (id, at))
  PARTITION BY RANGE (at);
CREATE TABLE visits_2025 PARTITION OF visits (note DEFAULT 'p', CONSTRAINT own CHECK (id > 0)) FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
CREATE TABLE visits_2026 PARTITION OF visits FOR VALUES FROM ('2026-01-01') TO ('2027-01-01') PARTITION BY RANGE (at);
CREATE TABLE visits_2026_a PARTITION OF visits_2026 FOR VALUES FROM ('2026-01-01') TO ('2026-02-01');
CREATE TABLE visits_old (note text, at date NOT NULL, id bigint NOT NULL, piece integer);
ALTER TABLE visits_old ADD CONSTRAINT old_key PRIMARY KEY (id, at);
ALTER TABLE visits_old ADD CONSTRAINT old_piece FOREIGN KEY (piece) REFERENCES pieces;
ALTER TABLE visits_old ADD CONSTRAINT old_range CHECK (at < '2025-01-01');
CREATE INDEX old_at ON visits_old (at);
ALTER TABLE visits ATTACH PARTITION visits_old FOR VALUES FROM (MINVALUE) TO ('2025-01-01');
CREATE TABLE visits_default PARTITION OF visits DEFAULT;
CREATE INDEX visits_at ON visits (at);
CREATE INDEX visits_note ON ONLY visits (note);
CREATE INDEX visits_2025_note ON visits_2025 (note);
ALTER INDEX visits_note ATTACH PARTITION visits_2025_note;
CREATE UNIQUE INDEX visits_unique ON visits (at, note, id);
CREATE TABLE visits_former PARTITION OF visits FOR VALUES FROM ('2030-01-01') TO ('2031-01-01');
ALTER TABLE visits DETACH PARTITION visits_former;
CREATE TABLE marks (visit bigint, at date, mark integer, FOREIGN KEY (visit, at) REFERENCES visits DEFERRABLE);
COMMENT ON COLUMN visits_2025.note IS 'of a partition';
COMMENT ON INDEX visits_2025_note IS 'attached';
COMMENT ON CONSTRAINT old_key ON visits_old IS 'of before';
INSERT INTO visits (at) VALUES ('2025-05-05'), ('2029-01-01');

-- Triggers, rules, policies.
CREATE TRIGGER touched BEFORE UPDATE OF price ON wares FOR EACH ROW WHEN (OLD.price > 1) EXECUTE FUNCTION changed('a', 'b');
CREATE CONSTRAINT TRIGGER held AFTER INSERT ON wares DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION changed();
CREATE CONSTRAINT TRIGGER held_from AFTER UPDATE ON pieces FROM wares FOR EACH ROW EXECUTE FUNCTION changed();
CREATE TRIGGER seen AFTER INSERT ON visits FOR EACH ROW EXECUTE FUNCTION changed();
ALTER TABLE visits_2025 DISABLE TRIGGER seen;
CREATE TRIGGER at_once AFTER DELETE ON pieces REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION changed();
ALTER TABLE pieces ENABLE ALWAYS TRIGGER at_once;
ALTER TABLE wares DISABLE TRIGGER ALL;
COMMENT ON TRIGGER touched ON wares IS 'when dear';
CREATE EVENT TRIGGER watch ON ddl_command_end WHEN TAG IN ('CREATE OPERATOR') EXECUTE FUNCTION on_ddl();
ALTER EVENT TRIGGER watch DISABLE;
COMMENT ON EVENT TRIGGER watch IS 'looks';
CREATE VIEW dear AS SELECT * FROM wares WHERE price > 10 WITH LOCAL CHECK OPTION;
ALTER VIEW dear ALTER COLUMN price SET DEFAULT 20;
ALTER VIEW dear OWNER TO second_owner;
CREATE RULE dear_put AS ON INSERT TO dear DO INSTEAD INSERT INTO kept VALUES (NEW.id, NEW.code);
CREATE RULE kept_quiet AS ON DELETE TO kept DO ALSO NOTHING;
ALTER TABLE kept DISABLE RULE kept_quiet;
COMMENT ON RULE kept_quiet ON kept IS 'quiet';
CREATE TRIGGER instead INSTEAD OF UPDATE ON dear FOR EACH ROW EXECUTE FUNCTION changed();
CREATE RECURSIVE VIEW numbers_to (n) AS SELECT 1 UNION ALL SELECT n + 1 FROM numbers_to WHERE n < 3;
CREATE VIEW no_columns AS SELECT;
CREATE VIEW named_otherwise AS SELECT w.* FROM wares AS w (a, b);
CREATE VIEW round_about AS SELECT id, name FROM base GROUP BY id, name;
-- A dump writes a view first as a dummy that a function needs which needs the view.
CREATE VIEW ring AS SELECT 1 AS n;
CREATE FUNCTION of_ring() RETURNS SETOF ring LANGUAGE plpgsql AS 'BEGIN END';
CREATE OR REPLACE VIEW ring AS SELECT n FROM shop.of_ring();
CREATE MATERIALIZED VIEW counted AS SELECT count(*) AS n FROM wares;
CREATE UNIQUE INDEX counted_n ON counted (n);
CREATE MATERIALIZED VIEW empty_yet AS SELECT * FROM counted WITH NO DATA;
ALTER TABLE wares ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY cheap ON wares AS RESTRICTIVE FOR UPDATE TO reader, PUBLIC USING (price < 5) WITH CHECK (true);
CREATE POLICY mine ON wares TO reader, second_owner USING (true);
COMMENT ON POLICY mine ON wares IS 'whose';

-- Statistics, publications, foreign data, text search.
CREATE STATISTICS pieces_all (ndistinct, dependencies, mcv) ON id, ware FROM pieces;
ALTER STATISTICS pieces_all SET STATISTICS 200;
COMMENT ON STATISTICS pieces_all IS 'dependent';
\if :at_least_14
CREATE STATISTICS pieces_sum ON (id + ware) FROM pieces;
\endif
CREATE PUBLICATION everything FOR ALL TABLES WITH (publish = 'insert');
CREATE PUBLICATION several FOR TABLE wares, ONLY visits WITH (publish_via_partition_root = true);
ALTER PUBLICATION several OWNER TO CURRENT_USER;
COMMENT ON PUBLICATION several IS 'not all';
\if :at_least_15
CREATE PUBLICATION filtered FOR TABLE pieces (id, ware) WHERE (id > 5);
CREATE PUBLICATION of_schema FOR TABLES IN SCHEMA shop;
\endif
CREATE FOREIGN DATA WRAPPER nobody;
CREATE SERVER far TYPE 'x' VERSION '1' FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '127.0.0.1');
GRANT USAGE ON FOREIGN DATA WRAPPER nobody TO reader;
GRANT USAGE ON FOREIGN SERVER far TO reader;
CREATE USER MAPPING FOR PUBLIC SERVER far OPTIONS (user 'x');
CREATE FOREIGN TABLE distant (id integer NOT NULL CHECK (id > 0), name short) SERVER far OPTIONS (table_name 'd');
COMMENT ON SERVER far IS 'away';
COMMENT ON FOREIGN DATA WRAPPER nobody IS 'none';
CREATE TEXT SEARCH DICTIONARY words (TEMPLATE = simple);
CREATE TEXT SEARCH CONFIGURATION texts (COPY = english);
ALTER TEXT SEARCH CONFIGURATION texts ALTER MAPPING FOR asciiword WITH words;
COMMENT ON TEXT SEARCH CONFIGURATION texts IS 'ours';
CREATE TRANSFORM FOR integer LANGUAGE sql (FROM SQL WITH FUNCTION prsd_lextype(internal));

-- Grants: by others than the owner, again and again, taken back, on columns; default privileges of several.
GRANT SELECT, INSERT ON pieces TO second_owner WITH GRANT OPTION;
SET ROLE second_owner;
GRANT SELECT ON pieces TO reader;
RESET ROLE;
GRANT SELECT ON pieces TO reader;
GRANT SELECT (id), UPDATE (ware, id) ON pieces TO PUBLIC, reader;
REVOKE ALL ON wares FROM CURRENT_USER;
GRANT ALL ON wares TO CURRENT_USER;
REVOKE UPDATE ON kept FROM CURRENT_USER;
REVOKE ALL ON base FROM CURRENT_USER;
GRANT ALL ON other TO PUBLIC;
REVOKE ALL ON other FROM PUBLIC;
GRANT ALL ON visits TO reader;
GRANT USAGE ON SEQUENCE loose TO reader;
GRANT SELECT ON dear, counted TO reader;
GRANT SELECT (n) ON ring TO reader;
ALTER DEFAULT PRIVILEGES FOR ROLE first_owner, second_owner IN SCHEMA shop GRANT SELECT ON TABLES TO reader, PUBLIC;
ALTER DEFAULT PRIVILEGES FOR ROLE first_owner GRANT INSERT ON TABLES TO second_owner WITH GRANT OPTION;
ALTER DEFAULT PRIVILEGES FOR ROLE second_owner REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
ALTER DEFAULT PRIVILEGES FOR ROLE first_owner REVOKE ALL ON TABLES FROM first_owner;
ALTER DEFAULT PRIVILEGES FOR ROLE first_owner GRANT USAGE ON SCHEMAS TO reader;
ALTER DEFAULT PRIVILEGES GRANT USAGE ON TYPES TO reader;
CREATE TYPE after_defaults AS (a integer);
CREATE TABLE after_defaults_table (a integer);
SELECT lo_create(700001), lo_create(700002);
GRANT SELECT ON LARGE OBJECT 700001 TO reader, PUBLIC;
ALTER LARGE OBJECT 700002 OWNER TO second_owner;
COMMENT ON LARGE OBJECT 700001 IS 'granted';
COMMENT ON SCHEMA shop IS 'sells';
COMMENT ON COLUMN wares.price IS 'dear';
COMMENT ON COLUMN dear.price IS 'of a view';
COMMENT ON SEQUENCE loose IS 'loose';
COMMENT ON FUNCTION series(integer) IS 'a series';
COMMENT ON AGGREGATE longest(text) IS 'a long one';
COMMENT ON MATERIALIZED VIEW counted IS 'how many';
COMMENT ON COLLATION plain IS 'plainly';
COMMENT ON SCHEMA public IS 'ours';

\if :at_least_18
CREATE TABLE virtual (id integer, double integer GENERATED ALWAYS AS (id * 2) VIRTUAL, CONSTRAINT id_known NOT NULL id);
ALTER TABLE virtual ADD CONSTRAINT loosely CHECK (id > 0) NOT ENFORCED;
CREATE TABLE unsure (id integer, at date);
ALTER TABLE unsure ADD CONSTRAINT at_known NOT NULL at NOT VALID;
CREATE TABLE heirs_of_virtual (CONSTRAINT own_name NOT NULL at) INHERITS (unsure);
CREATE TABLE periods (id int4range, during daterange, PRIMARY KEY (id, during WITHOUT OVERLAPS));
CREATE TABLE inner_periods (id int4range, during daterange, FOREIGN KEY (id, PERIOD during) REFERENCES periods (id, PERIOD during));
COMMENT ON CONSTRAINT id_known ON virtual IS 'is known';
\endif
\if :at_least_17
GRANT MAINTAIN ON kept TO reader;
CREATE COLLATION built_in (provider = builtin, locale = 'C.UTF-8');
\endif
