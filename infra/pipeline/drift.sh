#!/usr/bin/env bash
# drift.sh STACK DIRECTORY: looks for changes by hand on the servers. Writes DIRECTORY/report.json, DIRECTORY/report.md
# and DIRECTORY/exit-code, and exits as `npm run drift`: 0 no drift, 2 drift, 1 the check is incomplete.
set -euo pipefail
stack=$1
directory=$2

mkdir -p "$directory"
: >"$directory/report.md"
code=0
npm run --silent drift -- --stack "$stack" --json --markdown "$directory/report.md" >"$directory/report.json" || code=$?
cat "$directory/report.md"
echo "$code" >"$directory/exit-code"
exit "$code"
