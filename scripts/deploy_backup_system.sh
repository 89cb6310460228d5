#!/bin/sh
# Puts the backup system on a server, or brings it up to date: deploy_backup_system.sh --help
set -eu
project=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
exec sh "$project/infra/start/as-caller.sh" \
  "$project/infra/start/run.sh" infra/deployment/main.ts "$@"
