#!/usr/bin/env bash
# as-text.sh COMMAND…: runs a command of a pipeline whose output contains text from servers. Both its streams go to
# standard output, with invisible characters as their codes. GitHub's runner executes none of its lines as a workflow
# command. Exits as the command does.
set -euo pipefail

if [ "${GITHUB_ACTIONS-}" = true ]; then
  token=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
  echo "::stop-commands::$token"
  # The runner recognises the token only at the beginning of a line.
  trap 'printf "\n::%s::\n" "$token"' EXIT
fi
"$@" 2>&1 | sh infra/start/run.sh infra/pipeline/show-text.ts
