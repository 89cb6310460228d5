#!/bin/sh
# Runs a TypeScript program of this repository with the project's own Node, whatever Node started npm, after
# installing the dependencies where they are missing or older than the lock file.
set -eu
repository=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd)
node=$repository/node_modules/node/bin/node
installed=$repository/node_modules/.package-lock.json

is_current() {
  [ -x "$node" ] && [ -e "$installed" ] && [ ! "$repository/package-lock.json" -nt "$installed" ]
}

# A process id and, where it can be read, when it began: after a reboot the number is another's.
identity_of() {
  began=$(sed 's/.*) //' "/proc/$1/stat" 2> /dev/null | cut -d ' ' -f 20) || began=
  echo "$1.$began"
}

# Two at once would empty node_modules under each other. The link names the holder, and one who is dead does not count.
take_turn() {
  mkdir -p "$repository/.cache"
  lock=$repository/.cache/npm-ci.lock
  until ln -s "$(identity_of $$)" "$lock" 2> /dev/null; do
    [ -w "$repository/.cache" ] || break
    holder=$(readlink "$lock") || continue
    process=${holder%%.*}
    if kill -0 "$process" 2> /dev/null && [ "$(identity_of "$process")" = "$holder" ]; then sleep 1; else rm -f "$lock"; fi
  done
  trap 'rm -f "$lock"' EXIT
  trap 'exit 130' INT TERM HUP
}

# What another checkout lends by a link is its own: npm ci would empty it.
if [ ! -L "$repository/node_modules" ] && ! is_current; then
  take_turn
  if ! is_current; then
    echo "Installing the dependencies (npm ci) …" >&2
    (cd "$repository" && npm ci --no-progress --loglevel=error >&2)
    touch "$installed"
  fi
  rm -f "$lock"
  trap - EXIT INT TERM HUP
fi
program=$1
shift
exec "$node" "$repository/$program" "$@"
