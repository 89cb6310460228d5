#!/usr/bin/env bash
# drift.sh STACK DIRECTORY: what hands have changed on the servers. Leaves DIRECTORY/report.json, DIRECTORY/report.md
# and DIRECTORY/exit-code, and exits as `npm run drift`: 0 none, 2 drift, 1 something could not be looked at.
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
