-- Beside manifest-kinds.sql: what COMMENT ON accepts and a dump does not carry, and a comment on everything that has a name.
SET search_path = shop;

-- An index that a CREATE INDEX CONCURRENTLY has left which failed.
CREATE TABLE doubled_values (value integer);
INSERT INTO doubled_values VALUES (1), (1);
\set ON_ERROR_STOP off
CREATE UNIQUE INDEX CONCURRENTLY left_invalid ON doubled_values (value);
\set ON_ERROR_STOP on
CREATE SUBSCRIPTION dropped CONNECTION 'dbname=nowhere' PUBLICATION p WITH (connect = false);
COMMENT ON SUBSCRIPTION dropped IS 'stays when it is dropped';
ALTER SUBSCRIPTION dropped SET (slot_name = NONE);
DROP SUBSCRIPTION dropped;
CREATE FUNCTION pg_catalog.among_the_system() RETURNS integer LANGUAGE sql AS 'SELECT 1';
CREATE TRIGGER cloned AFTER UPDATE ON visits FOR EACH ROW EXECUTE FUNCTION changed();
ALTER TABLE visits_2025 ENABLE ALWAYS TRIGGER cloned;
CREATE TABLE attached_last (LIKE visits);
ALTER TABLE attached_last ADD CONSTRAINT of_both CHECK (note <> 'x');
ALTER TABLE visits ADD CONSTRAINT of_both CHECK (note <> 'x');
ALTER TABLE visits ATTACH PARTITION attached_last FOR VALUES FROM ('2040-01-01') TO ('2041-01-01');
CREATE ACCESS METHOD heap_too TYPE TABLE HANDLER heap_tableam_handler;
CREATE CONVERSION to_latin FOR 'UTF8' TO 'LATIN1' FROM utf8_to_iso8859_1;
CREATE TEXT SEARCH PARSER words_of (START = prsd_start, GETTOKEN = prsd_nexttoken, END = prsd_end, LEXTYPES = prsd_lextype);
CREATE TEXT SEARCH TEMPLATE simple_too (LEXIZE = dsimple_lexize, INIT = dsimple_init);
CREATE OPERATOR FAMILY loosely USING hash;
-- On what belongs to an extension, and on what was added to it.
CREATE EXTENSION dict_int SCHEMA shop;
CREATE TABLE made_by_extension (id integer PRIMARY KEY, value integer CHECK (value > 0));
ALTER EXTENSION dict_int ADD TABLE made_by_extension;
CREATE INDEX of_the_users ON made_by_extension (value);
CREATE TRIGGER of_the_users BEFORE UPDATE ON made_by_extension FOR EACH ROW EXECUTE FUNCTION changed();
CREATE POLICY of_the_users ON made_by_extension USING (true);
CREATE RULE of_the_users AS ON DELETE TO made_by_extension DO ALSO NOTHING;
CREATE STATISTICS of_the_users ON id, value FROM made_by_extension;
CREATE SCHEMA of_extension;
ALTER EXTENSION dict_int ADD SCHEMA of_extension;

DO $$
DECLARE
  object record;
  words text;
BEGIN
  FOR object IN
    SELECT classid, objid, type, identity, name
    FROM (
      SELECT 'pg_class'::regclass AS classid, oid AS objid FROM pg_class WHERE relkind <> 't' UNION ALL
      SELECT 'pg_type'::regclass, oid FROM pg_type UNION ALL
      SELECT 'pg_proc'::regclass, oid FROM pg_proc UNION ALL
      -- pg_dump writes some comments on constraints that are not valid before those: no such dump can be loaded.
      SELECT 'pg_constraint'::regclass, oid FROM pg_constraint WHERE convalidated OR coninhcount = 0 AND contypid = 0 UNION ALL
      SELECT 'pg_trigger'::regclass, oid FROM pg_trigger UNION ALL
      SELECT 'pg_rewrite'::regclass, oid FROM pg_rewrite UNION ALL
      SELECT 'pg_policy'::regclass, oid FROM pg_policy UNION ALL
      SELECT 'pg_namespace'::regclass, oid FROM pg_namespace UNION ALL
      SELECT 'pg_language'::regclass, oid FROM pg_language UNION ALL
      SELECT 'pg_cast'::regclass, oid FROM pg_cast UNION ALL
      SELECT 'pg_transform'::regclass, oid FROM pg_transform UNION ALL
      SELECT 'pg_am'::regclass, oid FROM pg_am UNION ALL
      SELECT 'pg_operator'::regclass, oid FROM pg_operator UNION ALL
      SELECT 'pg_opclass'::regclass, oid FROM pg_opclass UNION ALL
      SELECT 'pg_opfamily'::regclass, oid FROM pg_opfamily UNION ALL
      SELECT 'pg_collation'::regclass, oid FROM pg_collation UNION ALL
      SELECT 'pg_conversion'::regclass, oid FROM pg_conversion UNION ALL
      SELECT 'pg_ts_parser'::regclass, oid FROM pg_ts_parser UNION ALL
      SELECT 'pg_ts_dict'::regclass, oid FROM pg_ts_dict UNION ALL
      SELECT 'pg_ts_template'::regclass, oid FROM pg_ts_template UNION ALL
      SELECT 'pg_ts_config'::regclass, oid FROM pg_ts_config UNION ALL
      SELECT 'pg_foreign_data_wrapper'::regclass, oid FROM pg_foreign_data_wrapper UNION ALL
      SELECT 'pg_foreign_server'::regclass, oid FROM pg_foreign_server UNION ALL
      SELECT 'pg_event_trigger'::regclass, oid FROM pg_event_trigger UNION ALL
      SELECT 'pg_publication'::regclass, oid FROM pg_publication UNION ALL
      SELECT 'pg_statistic_ext'::regclass, oid FROM pg_statistic_ext
    ) AS o, LATERAL pg_identify_object(classid, objid, 0)
    WHERE objid >= 16384 AND identity NOT LIKE 'pg_toast.%' AND type <> 'composite type'
  LOOP
    words := CASE
      WHEN object.type = 'domain constraint' THEN 'CONSTRAINT ' || replace(object.identity, ' on ', ' ON DOMAIN ')
      WHEN object.type = 'table constraint' THEN 'CONSTRAINT ' || object.identity
      WHEN object.type = 'statistics object' THEN 'STATISTICS ' || object.identity
      WHEN object.type = 'foreign-data wrapper' THEN 'FOREIGN DATA WRAPPER ' || object.identity
      WHEN object.type = 'transform' THEN 'TRANSFORM ' || replace(object.identity, ' on language ', ' LANGUAGE ')
      WHEN object.type IN ('aggregate', 'function', 'procedure') THEN 'ROUTINE ' || object.identity
      ELSE object.type || ' ' || object.identity
    END;
    BEGIN
      EXECUTE format('COMMENT ON %s IS %L', words, 'about ' || words);
    EXCEPTION WHEN OTHERS THEN
      RAISE NOTICE 'no comment on %: %', words, SQLERRM;
    END;
  END LOOP;
  FOR object IN
    SELECT attrelid::regclass AS relation, attname FROM pg_attribute JOIN pg_class c ON c.oid = attrelid
    WHERE c.oid >= 16384 AND relkind IN ('r', 'p', 'v', 'm', 'f', 'c') AND attnum > 0 AND NOT attisdropped
  LOOP
    EXECUTE format('COMMENT ON COLUMN %s.%I IS %L', object.relation, object.attname, format('about %s of %s', object.attname, object.relation));
  END LOOP;
END
$$;
