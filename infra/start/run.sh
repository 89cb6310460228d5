#!/bin/sh
# Runs a TypeScript program of this repository with the project's own Node. npm may have been started by another one.
# Dependencies that are missing or older than the lock file are installed first.
set -eu
repository=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd)
node=$repository/node_modules/node/bin/node
installed=$repository/node_modules/.package-lock.json

is_current() {
  [ -x "$node" ] && [ -e "$installed" ] && [ ! "$repository/package-lock.json" -nt "$installed" ]
}

# Two concurrent runs of npm ci would delete each other's node_modules. The kernel releases the lock when its holder
# ends, even by a kill. Without flock (macOS) there is no lock.
take_turn() {
  mkdir -p "$repository/.cache"
  exec 9> "$repository/.cache/npm-ci.lock"
  if command -v flock > /dev/null; then flock 9; fi
}

# A link leads to the node_modules of another checkout, which npm ci would empty.
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
