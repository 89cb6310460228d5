#!/bin/sh
# What the official image's entrypoint does, for POSTGRES_USER, _PASSWORD, _DB, _INITDB_ARGS, _HOST_AUTH_METHOD and PGDATA.
set -eu

case ${1-} in
-*) set -- postgres "$@" ;;
esac
[ "${1-}" = postgres ] || exec "$@"

if [ "$(id -u)" = 0 ]; then
  mkdir -p "$PGDATA"
  find "$PGDATA" \! -user postgres -exec chown postgres:postgres {} +
  chmod 0700 "$PGDATA"
  exec setpriv --reuid=postgres --regid=postgres --init-groups -- "$0" "$@"
fi

if [ ! -s "$PGDATA/PG_VERSION" ]; then
  : "${POSTGRES_USER:=postgres}" "${POSTGRES_DB:=$POSTGRES_USER}"
  if [ -z "${POSTGRES_PASSWORD-}" ] && [ "${POSTGRES_HOST_AUTH_METHOD-}" != trust ]; then
    echo >&2 'Error: Database is uninitialized and superuser password is not specified: set POSTGRES_PASSWORD.'
    exit 1
  fi
  password=$(mktemp)
  printf '%s\n' "${POSTGRES_PASSWORD-}" >"$password"
  # The arguments are a shell text, as in the official image.
  eval 'initdb --username="$POSTGRES_USER" --pwfile="$password" '"${POSTGRES_INITDB_ARGS-}"
  rm -f "$password"
  printf '\nhost all all all %s\n' "${POSTGRES_HOST_AUTH_METHOD:-scram-sha-256}" >>"$PGDATA/pg_hba.conf"
  sed -i "s/^#\?listen_addresses.*/listen_addresses = '*'/" "$PGDATA/postgresql.conf"

  pg_ctl --wait --options='-c listen_addresses=' start
  query() { psql -v ON_ERROR_STOP=1 --no-psqlrc --username "$POSTGRES_USER" "$@"; }
  if [ "$POSTGRES_DB" != postgres ]; then
    printf '%s\n' 'CREATE DATABASE :"name";' | query --dbname postgres --set name="$POSTGRES_DB"
  fi
  for file in /docker-entrypoint-initdb.d/*; do
    case $file in
    *.sql) query --dbname "$POSTGRES_DB" --file "$file" ;;
    *.sql.gz) gunzip -c "$file" | query --dbname "$POSTGRES_DB" ;;
    esac
  done
  pg_ctl --wait --mode=fast stop
  echo 'PostgreSQL init process complete; ready for start up.'
fi

exec "$@"
