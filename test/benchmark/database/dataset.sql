-- A database of 4 MB and `scale` times 680 kB: tables and their indexes. Every value is a hash of its row's number, so
-- that it is the same in each run and on each version; text, jsonb and numbers compress about as a real application's
-- do, and what is in bytea does not.
\set seed 20261128
set synchronous_commit = off;
set max_parallel_workers_per_gather = 0;
set max_parallel_maintenance_workers = 0;
create schema generator;

create function generator.pick(number bigint, salt bigint, below bigint) returns bigint language sql immutable as
  $$ select (hashint8extended(number, salt) & 9007199254740991) % below $$;

create table generator.words as
  select id, string_agg(syllable, '' order by place) as word
  from (
    select id, place, (array['an', 'be', 'cor', 'da', 'el', 'fi', 'gra', 'hu', 'in', 'ka', 'lo', 'mer', 'na', 'or',
      'pe', 'qui', 'ro', 'sta', 'ti', 'ur', 'ven', 'wo', 'xi', 'zel'])
      [1 + generator.pick(id * 8 + place, :seed, 24)] as syllable
    from generate_series(0, 2047) as id, generate_series(1, 4) as place
    where place <= 1 + generator.pick(id, :seed + 1, 4)
  ) as parts
  group by id;

-- So many that a compressor's window does not hold the same one twice. Few words are used often, many seldom.
create table generator.sentences as
  select place / 10 as id, string_agg(word, ' ' order by place) || '.' as sentence
  from (
    select place, floor(2048 * power(generator.pick(place, :seed + 2, 1000000) / 1e6, 2))::int as id
    from generate_series(0, 10 * least(400000, :scale * 2000) - 1) as place
  ) as chosen
  join generator.words using (id)
  group by 1;
create unique index on generator.sentences (id);
analyze generator.sentences;
select count(*) as sentences from generator.sentences \gset

create table users (
  id bigint primary key,
  email text not null unique,
  name text not null,
  settings jsonb not null,
  created_at timestamptz not null
);
insert into users
  select n, 'user' || n || '@' || (array['example.com', 'example.org', 'mail.example.net'])
      [1 + generator.pick(n, :seed + 3, 3)],
    initcap(first.word || ' ' || last.word),
    jsonb_build_object('locale', (array['en', 'de', 'es'])[1 + generator.pick(n, :seed + 4, 3)],
      'newsletter', generator.pick(n, :seed + 5, 2) = 0, 'theme', generator.pick(n, :seed + 6, 5)),
    timestamptz '2020-01-01 00:00+00' + generator.pick(n, :seed + 7, 180000000) * interval '1 second'
  from generate_series(1, :scale * 40) as n
  join generator.words as first on first.id = generator.pick(n, :seed + 8, 2048)
  join generator.words as last on last.id = generator.pick(n, :seed + 9, 2048)
  order by n;

-- The large one.
create table events (
  id bigserial primary key,
  user_id bigint not null references users,
  kind text not null,
  amount numeric(12, 2),
  note text not null,
  payload jsonb not null,
  created_at timestamptz not null
);
insert into events (user_id, kind, amount, note, payload, created_at)
  select 1 + generator.pick(n, :seed + 10, :scale * 40),
    (array['viewed', 'ordered', 'paid', 'cancelled', 'commented'])[1 + generator.pick(n, :seed + 11, 5)],
    case when generator.pick(n, :seed + 12, 3) > 0 then generator.pick(n, :seed + 13, 1000000) / 100.0 end,
    one.sentence || ' ' || other.sentence,
    jsonb_build_object('path', '/courses/' || generator.pick(n, :seed + 14, 5000), 'session',
      md5((n / 6)::text), 'milliseconds', generator.pick(n, :seed + 15, 900), 'agent',
      'Mozilla/5.0 (X11; Linux x86_64; rv:' || 90 + generator.pick(n, :seed + 16, 40) || '.0)'),
    timestamptz '2024-01-01 00:00+00' + n * interval '7 seconds'
  from generate_series(1, :scale * 820) as n
  join generator.sentences as one on one.id = generator.pick(n, :seed + 17, :sentences)
  join generator.sentences as other on other.id = generator.pick(n, :seed + 18, :sentences)
  order by n;
create index on events (user_id);
create index on events (created_at);

create table documents (
  id bigint primary key,
  title text not null,
  body text not null
);
insert into documents
  select n, min(sentence), string_agg(sentence, ' ' order by place)
  from (
    select n, place, generator.pick(n * 64 + place, :seed + 19, :sentences) as chosen
    from generate_series(1, :scale * 36) as n, generate_series(1, 40) as place
    where place <= 4 + generator.pick(n, :seed + 20, 36)
  ) as places
  join generator.sentences on sentences.id = chosen
  group by n
  order by n;

create table measurements (
  id bigserial primary key,
  sensor int not null,
  value double precision not null,
  total numeric not null,
  quality smallint not null,
  taken_at timestamptz not null
);
insert into measurements (sensor, value, total, quality, taken_at)
  select generator.pick(id, :seed + 21, 200), sin(id / 1000.0) * 20 + generator.pick(id, :seed + 22, 1000) / 997.0,
    id * 0.25, generator.pick(id, :seed + 23, 4), timestamptz '2025-01-01 00:00+00' + id * interval '10 seconds'
  from generate_series(1, :scale * 1100) as id;
create index on measurements (sensor, taken_at);

create table attachments (
  id bigint primary key,
  name text not null,
  content bytea not null
);
alter table attachments alter column content set storage external;
insert into attachments
  select id, 'attachment-' || id || '.jpg', string_agg(decode(md5(id || '/' || place), 'hex'), '' order by place)
  from generate_series(1, :scale * 8) as id, generate_series(1, 700) as place
  where place <= 50 + generator.pick(id, :seed + 24, 650)
  group by id
  order by id;

select format('create table setting_%s (id int primary key, key text not null, value text not null, changed date)', n)
  from generate_series(1, 60) as n \gexec
select format('insert into setting_%s select i, %L || i, (select sentence from generator.sentences where id = i * %s),
    date %L + i from generate_series(1, 20) as i', n, 'key_', n, '2025-06-01')
  from generate_series(1, 60) as n \gexec

set client_min_messages = warning;
drop schema generator cascade;
