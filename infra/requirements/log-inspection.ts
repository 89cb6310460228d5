/**
 * The shell function `log_problem PATH`: prints why the log cannot be written, or nothing. It creates no file, and
 * opens only a regular one, because opening a pipe or a device may block or have side effects.
 */
export const logFunction = `
log_problem() {
  path=$1
  # The file itself, where it is a link to one that is still to be made.
  if [ -L "$1" ] && [ ! -e "$1" ] && ! path=$(readlink -f -- "$1"); then
    printf 'it is a link to a place that is not there'
    return
  fi
  directory=\${path%/*}
  while [ "$directory" ] && [ ! -e "$directory" ] && [ ! -L "$directory" ]; do directory=\${directory%/*}; done
  directory=\${directory:-/}
  if [ ! -d "$directory" ]; then printf '%s is not a directory' "$directory"
  elif [ ! -e "$path" ]; then [ -w "$directory" ] || printf '%s may not be written to' "$directory"
  elif [ ! -f "$path" ]; then printf 'it is a %s, not a file' "$(stat -Lc %F -- "$path")"
  else ( : >> "$path" ) 2>/dev/null || printf 'it may not be written to, see lsattr and mount'
  fi
}
`;
