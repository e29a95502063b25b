#!/bin/sh
# hosts: web1 web2
# The script is root's and closed; the folder that it lies in is another's.
set -eu
install -d -o www-data /srv/luytre-drill
install -m 0755 /dev/stdin /srv/luytre-drill/chay.sh <<'SCRIPT'
#!/bin/sh
exit 0
SCRIPT
cat > /etc/systemd/system/luytre-drill-chay.service <<'UNIT'
[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/bin/sh /srv/luytre-drill/chay.sh
UNIT
systemctl daemon-reload
systemctl start luytre-drill-chay
