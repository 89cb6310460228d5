/**
 * The program on the server. It needs POSIX sh, GNU coreutils and gzip, nothing else.
 *
 * The login shell may be any (bash, fish, csh), so it gets one line that all of them read alike: no backslash, no
 * exclamation mark, no line break. The real program arrives on standard input, where no quoting is needed. `dd` is used
 * because it reads exactly the given number of bytes; other tools may read ahead on a pipe.
 */
function evaluated(program: string): string {
  return `exec sh -c 'eval "$(dd bs=${Buffer.byteLength(program)} count=1 iflag=fullblock 2>/dev/null)"'`;
}

/** The last line of every program starts it, so a truncated program does nothing. */
const loop = String.raw`
umask 077
LC_ALL=C PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/snap/bin
export LC_ALL PATH
name=remotehost-session session= body=

leave() { rm -rf -- "$session" "$body"; }

sweep() {
  for stale in /run/$name.* /var/tmp/$name.*; do
    [ -d "$stale" ] && [ -O "$stale" ] || continue
    owner=$(IFS=.; set -- $stale; echo "$2")
    kill -0 "$owner" 2>/dev/null || rm -rf -- "$stale"
  done
}

unpack() { case $1 in gzip) gzip -dc ;; *) cat ;; esac; }

receive() {
  while read -r bytes && [ "$bytes" -gt 0 ]; do
    dd bs=65536 count="$bytes" iflag=fullblock,count_bytes 2>/dev/null
  done | { unpack "$2" >"$1" || { cat >/dev/null; false; }; }
}

take() {
  receive "$1" "$3" && [ "$(stat -c %s "$1")" = "$2" ]
}

serve() {
  trap leave EXIT
  trap "exit 129" HUP; trap "exit 130" INT; trap "exit 141" PIPE; trap "exit 143" TERM
  cd /
  sweep
  session=$(mktemp -d "/run/$name.$$.XXXXXX" 2>/dev/null || mktemp -d "/var/tmp/$name.$$.XXXXXX") || exit 73
  id=$(cat /etc/machine-id 2>/dev/null || cat /var/lib/dbus/machine-id 2>/dev/null)
  [ "$id" ] || id=-
  boot=$(cat /proc/sys/kernel/random/boot_id 2>/dev/null) || boot=-
  space=$(readlink /proc/self/ns/pid 2>/dev/null) || space=-
  printf "\n%s ready %s %s %s %s\n" "$marker" "$(uname -m) $(uname -r)" "$id" "$boot" "$space"
  while read -r script_bytes script_encoding input_bytes input_encoding; do
    INPUT= code=- body=$session
    if take "$session/script" "$script_bytes" "$script_encoding" 2>"$session/err"; then whole=yes; else whole=no; fi
    if [ "$input_bytes" != - ]; then
      if [ "$input_bytes" -gt 1048576 ]; then body=$(mktemp -d "/var/tmp/$name.$$.XXXXXX" || echo "$session"); fi
      INPUT=$body/input
      take "$INPUT" "$input_bytes" "$input_encoding" 2>>"$session/err" || whole=no
    fi
    : >"$session/out"
    if [ $whole = yes ]; then
      INPUT=$INPUT sh "$session/script" </dev/null >"$session/out" 2>"$session/err"
      code=$?
    fi
    printf "\n%s answer %s %s\n" "$marker" $code "$(stat -c %s "$session/out" "$session/err" | tr "\n" " ")"
    cat "$session/out" "$session/err"
    if [ -n "$INPUT" ]; then rm -f -- "$INPUT"; fi
    if [ "$body" != "$session" ]; then rm -rf -- "$body"; fi
  done
}

serve`;

const entrance = String.raw`
enter() {
  uid=$(id -u)
  printf "\n%s login %s %s\n" "$marker" "$uid" "$(id -un)"
  if [ "$uid" -eq 0 ]; then LOOP; else exec sudo -n LOOP; fi
}
enter`;

/** The remote command, and the first bytes for its standard input. `marker` begins every line of its messages. */
export function remoteLoop(marker: string): { command: string; programs: string } {
  const served = `marker=${marker}${loop}`;
  const start = evaluated(served);
  const entered = `marker=${marker}${entrance
    .replace("sudo -n LOOP", () => `sudo -n ${start.replace(/^exec /, "")}`)
    .replace("LOOP", () => start)}`;
  return { command: evaluated(entered), programs: entered + served };
}
