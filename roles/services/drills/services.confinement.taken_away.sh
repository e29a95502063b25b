#!/bin/sh
# hosts: web1 web2
# last: it starts the web server anew
# The drop-in is gone, and the web server was started without it.
set -eu
unit=nginx.service
[ -e /etc/nginx ] || unit=apache2.service
rm "/etc/systemd/system/$unit.d/zz-luytre.conf"
systemctl daemon-reload
systemctl restart "$unit"
