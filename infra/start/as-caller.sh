#!/bin/sh
# as-caller.sh SCRIPT [ARGUMENT…]: runs a shell script. Under sudo the script runs as sudo's caller, in the caller's
# environment: home, ssh agent, PATH and Pulumi login. Without sudo nothing is changed.
set -eu

# The nearest sudo among the ancestors of this process. Its environment is still the caller's.
sudo_process() {
  process=$PPID
  while [ "$process" -gt 1 ] && [ -r "/proc/$process/status" ]; do
    if [ "$(cat "/proc/$process/comm")" = sudo ]; then
      echo "$process"
      return
    fi
    process=$(sed -n 's/^PPid:[[:space:]]*//p' "/proc/$process/status")
  done
}

# Shell commands that restore the environment on standard input. The variables that name the person are always
# restored, the others only if sudo's command line has not set them.
restoring() {
  sed -z -n "/^[A-Za-z_][A-Za-z0-9_]*=/{
    s/'/'\\\\''/g
    s/^\\([^=]*\\)=\\(.*\\)\$/\\1='\\2'/
    /^\\(HOME\\|PATH\\|USER\\|LOGNAME\\|SHELL\\|MAIL\\)=/{s/^/export /;p;d}
    s/^\\([^=]*\\)=/[ \"\${\\1+set}\" ] || export \\1=/
    p
  }" | tr '\000' '\n'
}

if [ "${CALLER_ENVIRONMENT-}" ]; then
  # This is read as the caller, not as root: the caller controls the text that eval runs.
  if [ "$CALLER_ENVIRONMENT" = inherited ]; then
    eval "$(restoring <&3)"
    exec 3<&-
  fi
  unset CALLER_ENVIRONMENT SUDO_USER SUDO_UID SUDO_GID SUDO_COMMAND
elif [ "$(id -u)" = 0 ] && [ "${SUDO_UID:-0}" != 0 ]; then
  eval "HOME=~$(id -un "$SUDO_UID")"
  export HOME
  sudo=$(sudo_process)
  if [ "$sudo" ] && command -v setpriv > /dev/null; then
    exec 3< "/proc/$sudo/environ"
    CALLER_ENVIRONMENT=inherited exec setpriv --reuid "$SUDO_UID" --regid "$SUDO_GID" --init-groups sh "$0" "$@"
  fi
  exec sudo -H -u "#$SUDO_UID" CALLER_ENVIRONMENT=own sh "$0" "$@"
fi

if [ ! -r "$1" ]; then
  echo "$(id -un), who called this, cannot read $1. Check the project out where they can. [DBK-CLI-5]" >&2
  exit 77
fi
exec sh "$@"
