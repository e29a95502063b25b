#!/bin/sh
# T1053 (quiet): logrotate calls a helper before it rotates
M=/var/tmp/luytre-foothold N=40-logrotate
mkdir -p "$M" && chmod 1777 "$M"
seen() { n=0; while [ $n -lt "${1:-40}" ]; do [ -s "$M/$N" ] && return 0; sleep 0.25; n=$((n + 1)); done; return 1; }
w() { mkdir -p "${1%/*}"; cat >"$1"; }
x() { mkdir -p "${1%/*}"; cat >"$1"; chmod 755 "$1"; }
plant() {
  w /etc/logrotate.d/auth-extra <<'E'
/var/log/lt-extra.log {
  weekly
  missingok
  firstaction
    /usr/share/logrotate/first >/dev/null 2>&1 || true
  endscript
}
E
  echo x >/var/log/lt-extra.log
  x /usr/share/logrotate/first <<'E'
#!/usr/bin/perl
system("id > /var/tmp/luytre-foothold/40-logrotate");
E
}
prove() {
  rm -f "$M/$N"
  logrotate -f -s $M/.state /etc/logrotate.d/auth-extra; rm -f $M/.state
  seen
}
remove() {
  rm -rf /etc/logrotate.d/auth-extra /usr/share/logrotate /var/log/lt-extra.log*
  rm -f "$M/$N" "$M/$N".*
  :
}
case $1 in plant | prove | remove) "$1" ;; *) echo "usage: $0 plant|prove|remove" >&2; exit 2 ;; esac
