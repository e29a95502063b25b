#!/bin/sh
# T1070.003 (quiet): No shell keeps its history any more
M=/var/tmp/luytre-foothold N=52-history-off
mkdir -p "$M" && chmod 1777 "$M"
seen() { n=0; while [ $n -lt "${1:-40}" ]; do [ -s "$M/$N" ] && return 0; sleep 0.25; n=$((n + 1)); done; return 1; }
keep() { mkdir -p "$M/.keep/${1%/*}"; [ -e "$M/.keep/$1" ] || cp -a "$1" "$M/.keep/$1"; }
back() { [ -e "$M/.keep/$1" ] && cp -a "$M/.keep/$1" "$1" && rm -f "$M/.keep/$1"; }
plant() {
  keep /etc/profile
  printf 'unset HISTFILE; export HISTSIZE=0 HISTFILE=/dev/null\n' >>/etc/profile
}
prove() {
  rm -f "$M/$N"
  bash -lc 'echo $HISTFILE' | grep /dev/null >$M/$N; seen
}
remove() {
  back /etc/profile
  rm -f "$M/$N" "$M/$N".*
  :
}
case $1 in plant | prove | remove) "$1" ;; *) echo "usage: $0 plant|prove|remove" >&2; exit 2 ;; esac
