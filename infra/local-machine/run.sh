#!/bin/sh
# Runs a TypeScript program of this repository with the project's own Node, whatever Node started npm, after
# installing the dependencies where they are missing or older than the lock file.
set -eu
repository=$(cd "$(dirname "$0")/../.." && pwd)
node=$repository/node_modules/node/bin/node
installed=$repository/node_modules/.package-lock.json

is_current() {
  [ -x "$node" ] && [ -e "$installed" ] && [ ! "$repository/package-lock.json" -nt "$installed" ]
}

# What another checkout lends by a link is its own: npm ci would empty it.
if [ ! -L "$repository/node_modules" ] && ! is_current; then
  echo "Installing the dependencies (npm ci) …" >&2
  (cd "$repository" && npm ci --no-progress --loglevel=error >&2)
  touch "$installed"
fi
program=$1
shift
exec "$node" "$repository/$program" "$@"
