#!/usr/bin/env bash
# with-credentials.sh COMMAND…: runs a command of a pipeline with access to the state and the servers:
#   PULUMI_ACCESS_TOKEN or PULUMI_BACKEND_URL   where the state is; one of them must be given
#   SSH_PRIVATE_KEY    goes into an ssh-agent that ends with the command, never into a file
#   SSH_KNOWN_HOSTS    lines for known_hosts; optional if the configuration has the hostKey of every server
# Exits as the command does, or 1 if a variable is missing.
set -euo pipefail

# A secret that is not set arrives as an empty string. The programs treat empty and unset differently.
for name in PULUMI_ACCESS_TOKEN PULUMI_BACKEND_URL SSH_PRIVATE_KEY SSH_KNOWN_HOSTS \
  AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_REGION; do
  [ -n "${!name-}" ] || unset "$name"
done

problems=()
[ -n "${PULUMI_ACCESS_TOKEN-}${PULUMI_BACKEND_URL-}" ] ||
  problems+=("Set PULUMI_ACCESS_TOKEN or PULUMI_BACKEND_URL: the location of the state is unknown. [DBK-CI-1]")
[ -n "${SSH_PRIVATE_KEY-}" ] ||
  problems+=("Set SSH_PRIVATE_KEY: there is no key to log in to the servers with. [DBK-CI-1]")
if [ "${#problems[@]}" -gt 0 ]; then
  problems+=("They are not set, or this job may not read them. docs/CI.md says where they belong. [DBK-CI-1]")
  printf '%s\n' "${problems[@]}" >&2
  exit 1
fi

if [ -n "${SSH_KNOWN_HOSTS-}" ]; then
  # OpenSSH uses the account's home and ignores HOME. In a job that runs in a container the two may differ.
  home=$(getent passwd "$(id -u)" | cut -d: -f6)
  known="$home/.ssh/known_hosts"
  [ -d "$home/.ssh" ] || mkdir -m 700 "$home/.ssh"
  touch "$known"
  [ -z "$(tail -c 1 "$known")" ] || echo >>"$known"
  while IFS= read -r line; do
    [ -z "$line" ] || grep -qxF -- "$line" "$known" || printf '%s\n' "$line" >>"$known"
  done < <(printf '%s\n' "$SSH_KNOWN_HOSTS" | tr -d '\r')
fi

# shellcheck disable=SC2016 # the inner shell expands them
exec ssh-agent bash -c '
  set -euo pipefail
  if ! said=$(printf "%s\n" "$SSH_PRIVATE_KEY" | tr -d "\r" | SSH_ASKPASS_REQUIRE=never ssh-add -q - 2>&1); then
    printf "SSH_PRIVATE_KEY cannot be used: %s [DBK-CI-2]\n" "$said" >&2
    echo "It must be the whole text of a private key without a passphrase, first and last line included. [DBK-CI-2]" >&2
    exit 1
  fi
  unset SSH_PRIVATE_KEY
  exec "$@"' with-credentials "$@"
