#!/bin/sh
# A server's init: puts the files of /sandbox (copied in before the first start) where they belong, then runs sshd and cron.
set -eu

if [ ! -e /etc/machine-id ]; then
  tr -d - </proc/sys/kernel/random/uuid >/etc/machine-id
  install -m 0600 /sandbox/host_key /etc/ssh/ssh_host_ed25519_key
  install -m 0644 /sandbox/host_key.pub /etc/ssh/ssh_host_ed25519_key.pub
  install -m 0644 /sandbox/sshd.conf /etc/ssh/sshd_config.d/00-sandbox.conf
  login=$(cat /sandbox/login)
  home=$(getent passwd "$login" | cut -d: -f6)
  install -d -m 0700 -o "$login" -g "$login" "$home/.ssh"
  install -m 0600 -o "$login" -g "$login" /sandbox/authorized_keys "$home/.ssh/authorized_keys"
  [ ! -s /sandbox/sudoers ] || install -m 0440 /sandbox/sudoers /etc/sudoers.d/sandbox
  # Before the line with which Debian's .bashrc ends a shell that is not interactive.
  touch "$home/.bashrc"
  cat /sandbox/bashrc "$home/.bashrc" >/sandbox/whole-bashrc
  cat /sandbox/whole-bashrc >"$home/.bashrc"
  ln -sf "/usr/share/zoneinfo/$(cat /sandbox/timezone)" /etc/localtime
  cp /sandbox/timezone /etc/timezone
  touch /var/log/sshd.log
fi

mkdir -p /run/sshd
rm -f /run/crond.pid /run/sshd.pid
/usr/sbin/sshd -D -E /var/log/sshd.log &
sshd=$!
/usr/sbin/cron -f &
cron=$!
trap 'kill $sshd $cron 2>/dev/null; exit 0' TERM INT
# As process 1 this shell also has to collect the orphans of ended sessions, which `wait` does.
wait $sshd
