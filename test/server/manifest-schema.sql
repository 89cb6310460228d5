-- Beside the sandbox's own tables: whatever a manifest could take for a difference, or overlook.
SET lc_monetary = 'en_US.utf8';

CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy');
CREATE TYPE point_3d AS (x float8, y float8, z float8);
CREATE DOMAIN percentage AS numeric CHECK (VALUE BETWEEN 0 AND 100);
CREATE TYPE price_range AS RANGE (subtype = numeric);

-- Every kind of text form; a column was dropped, so that the columns' numbers have a hole.
CREATE TABLE every_type (
  gone integer,
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  small real,
  double float8,
  exact numeric,
  price money,
  at timestamptz,
  local timestamp,
  day date,
  clock timetz,
  span interval,
  bytes bytea,
  document json,
  binary_document jsonb,
  markup xml,
  words tsvector,
  identity uuid,
  address inet,
  feeling mood,
  place point_3d,
  share percentage,
  prices price_range,
  days daterange,
  numbers integer[],
  texts text[],
  one_char "char",
  fixed char(5),
  bits bit varying,
  shape polygon,
  relation regclass,
  procedure regprocedure,
  type regtype,
  doubled float8 GENERATED ALWAYS AS (double * 2) STORED
);
ALTER TABLE every_type DROP COLUMN gone;
INSERT INTO every_type (small, double, exact, price, at, local, day, clock, span, bytes, document, binary_document, markup,
  words, identity, address, feeling, place, share, prices, days, numbers, texts, one_char, fixed, bits, shape, relation, procedure, type)
SELECT n / 3.0, n / 7.0, n / 9.0, n * 1.5::money, timestamptz '2026-03-29 01:30+01' + n * interval '1 hour',
  timestamp '2026-11-22' - n * interval '1 s', date '2026-01-01' + n, '12:00+02', n * interval '1 day 1.5 hours', decode(md5(n::text), 'hex'),
  '{"b" : 1,  "a":[1, 2]}', '{"b":1,"a":2}', '<a b="1">x</a>', 'a fat cat', md5(n::text)::uuid, '10.0.0.1/8', 'ok',
  ROW(n, n / 3.0::float8, NULL::float8)::point_3d, 12.5, '[1,2)', '[2026-01-01,2026-02-01)', ARRAY[n, NULL],
  ARRAY['', NULL, 'null', 'a"b', E'\\', '{', E'\n'], 'x', 'ab', B'101', '((0,0),(1,1),(1,0))', 'courses', 'touch_updated_at()', 'mood'
FROM generate_series(1, 200) AS n;
INSERT INTO every_type (double, at, span) VALUES ('NaN', 'infinity', '1 mon'), ('-Infinity', '-infinity', '-1 day'), (-0.0, NULL, NULL);

-- The heirs' columns come in another order after a restore.
CREATE TABLE vehicles (id integer, name text);
CREATE TABLE trucks (load integer) INHERITS (vehicles);
ALTER TABLE vehicles ADD COLUMN wheels integer NOT NULL DEFAULT 4;
INSERT INTO vehicles VALUES (1, 'car', 4);
INSERT INTO trucks (id, name, wheels, load) SELECT n, 'truck ' || n, 6, n * 10 FROM generate_series(2, 50) AS n;

CREATE TABLE visits (id bigserial, course_id bigint REFERENCES courses (id), at date NOT NULL, note text, PRIMARY KEY (id, at))
  PARTITION BY RANGE (at);
CREATE TABLE visits_2025 PARTITION OF visits FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
-- Attached with its columns in another order.
CREATE TABLE visits_2026 (note text, at date NOT NULL, id bigint NOT NULL DEFAULT nextval('visits_id_seq'), course_id bigint);
ALTER TABLE visits ATTACH PARTITION visits_2026 FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
CREATE INDEX visits_at ON visits (at);
INSERT INTO visits (course_id, at, note) SELECT id, date '2025-06-01' + (id * 5)::int, 'n' || id FROM courses;
CREATE TABLE visit_marks (visit_id bigint, at date, mark integer CHECK (mark > 0), FOREIGN KEY (visit_id, at) REFERENCES visits (id, at));
INSERT INTO visit_marks SELECT id, at, 1 FROM visits LIMIT 20;

CREATE TABLE no_columns ();
INSERT INTO no_columns DEFAULT VALUES;
CREATE UNLOGGED TABLE unlogged AS SELECT n AS id, 'x' || n AS value FROM generate_series(1, 30) AS n;
CREATE TABLE duplicates AS SELECT 1 AS a, 'same' AS b FROM generate_series(1, 10);
CREATE TABLE blanks (id integer PRIMARY KEY, value text);
INSERT INTO blanks VALUES (1, NULL), (2, ''), (3, ' '), (4, 'NULL'), (5, 'five'), (6, 'six');
CREATE TABLE empty (id serial PRIMARY KEY, value text);
CREATE TABLE queue (id bigserial, value text);

CREATE SEQUENCE untouched START 77;
CREATE SEQUENCE set_not_given;
SELECT setval('set_not_given', 42, false);
CREATE SEQUENCE "odd 'name' .\" INCREMENT -3 MAXVALUE 1000;
SELECT nextval('"odd ''name'' .\"'), nextval('"odd ''name'' .\"');
-- What looks in a dump like the end of a table or a sequence's value, and is none.
CREATE TABLE misleading (value text);
INSERT INTO misleading VALUES (E'\\.'), (E'\n\\.\n'),
  (E'; Type: SEQUENCE SET; Schema: public\n--\n\nSELECT pg_catalog.setval(''public.untouched'', 5, true);\n');

ALTER TABLE courses ADD CONSTRAINT not_checked CHECK (title <> 'none') NOT VALID;
ALTER TABLE lessons ADD CONSTRAINT lessons_in_time CHECK (state IN ('draft', 'in review', 'published'));
CREATE STATISTICS lessons_statistics ON course_id, state FROM lessons;
ALTER TABLE users ENABLE ROW LEVEL SECURITY;
CREATE POLICY own_row ON users FOR SELECT TO reporting USING (name = current_user);
CREATE RULE no_marks AS ON DELETE TO visit_marks DO INSTEAD NOTHING;
CREATE TRIGGER disabled BEFORE UPDATE ON courses FOR EACH ROW EXECUTE FUNCTION touch_updated_at();
ALTER TABLE courses DISABLE TRIGGER disabled;
CREATE FUNCTION unchanged() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TRIGGER visited BEFORE UPDATE ON visits FOR EACH ROW EXECUTE FUNCTION unchanged();
CREATE FUNCTION on_ddl() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';
CREATE EVENT TRIGGER watch_ddl ON ddl_command_end EXECUTE FUNCTION on_ddl();
CREATE PROCEDURE tidy(days integer DEFAULT 7) LANGUAGE sql AS 'DELETE FROM queue';
CREATE AGGREGATE longest(text) (SFUNC = textcat, STYPE = text);
CREATE OPERATOR === (LEFTARG = integer, RIGHTARG = integer, FUNCTION = int4eq);
CREATE COLLATION german FROM "C";
CREATE TEXT SEARCH CONFIGURATION plain (COPY = simple);
CREATE VIEW expensive AS SELECT * FROM courses WHERE prices[1] > 10;
CREATE MATERIALIZED VIEW not_filled AS SELECT count(*) FROM courses WITH NO DATA;

GRANT UPDATE (title), REFERENCES ON courses TO reporting WITH GRANT OPTION;
REVOKE EXECUTE ON FUNCTION unchanged() FROM PUBLIC;
GRANT USAGE ON SEQUENCE untouched TO "Lehrer & Söhne";
REVOKE ALL ON SCHEMA public FROM PUBLIC;
-- As good as no grant at all.
GRANT SELECT ON lessons TO reporting;
REVOKE SELECT ON lessons FROM reporting;
ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
ALTER TABLE queue OWNER TO "Lehrer & Söhne";

COMMENT ON COLUMN courses.title IS 'What it is called';
COMMENT ON INDEX visits_at IS 'When';
COMMENT ON CONSTRAINT not_checked ON courses IS 'Not yet';

-- An object with a hole, and one without any byte.
SELECT lo_create(900001), lo_create(900002);
DO $$
DECLARE
  descriptor integer := lo_open(900001, 131072);
BEGIN
  PERFORM lo_lseek64(descriptor, 300000, 0);
  PERFORM lowrite(descriptor, convert_to(repeat('end', 1000), 'UTF8'));
END
$$;
COMMENT ON LARGE OBJECT 900001 IS 'Mostly nothing';
GRANT SELECT ON LARGE OBJECT 900002 TO reporting;
