#!/usr/bin/env bash
# as-text.sh COMMAND…: runs a command of a pipeline that prints what stands on servers. Both its streams come out on
# standard output, characters that cannot be seen as their codes, and GitHub's runner takes no line for a command to
# itself. Exits as the command does.
set -euo pipefail

if [ "${GITHUB_ACTIONS-}" = true ]; then
  token=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
  echo "::stop-commands::$token"
  # The runner knows it only at the beginning of a line.
  trap 'printf "\n::%s::\n" "$token"' EXIT
fi
"$@" 2>&1 | sh infra/start/run.sh infra/pipeline/show-text.ts
