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

# Two at once would empty node_modules under each other. The kernel's lock ends with its holder, however that ends; where
# there is no flock (macOS) nobody waits.
take_turn() {
  mkdir -p "$repository/.cache"
  exec 9> "$repository/.cache/npm-ci.lock"
  if command -v flock > /dev/null; then flock 9; fi
}

# What another checkout lends by a link is its own: npm ci would empty it.
if [ ! -L "$repository/node_modules" ] && ! is_current; then
  take_turn
  if ! is_current; then
    echo "Installing the dependencies (npm ci) …" >&2
    (cd "$repository" && npm ci --no-progress --loglevel=error >&2)
    touch "$installed"
  fi
  exec 9>&-
fi
program=$1
shift
exec "$node" "$repository/$program" "$@"
