#!/usr/bin/env bash
# preview.sh STACK DIRECTORY: shows what the next `pulumi up` would do. Writes DIRECTORY/preview.txt and
# DIRECTORY/exit-code, and exits as `pulumi preview`.
set -euo pipefail
stack=$1
directory=$2

mkdir -p "$directory"
code=0
npm run --silent pulumi -- preview --stack "$stack" --diff --non-interactive --color never 2>&1 |
  tee "$directory/preview.txt" || code=$?
echo "$code" >"$directory/exit-code"
exit "$code"
