#!/bin/sh
# hosts: web2
# last: it starts PHP anew
# Systemd has the settings loaded, and the daemon that runs was started before.
set -eu
dropin=/etc/systemd/system/php8.2-fpm.service.d/zz-luytre.conf
mv "$dropin" /root/aside.conf
systemctl daemon-reload
systemctl restart php8.2-fpm.service
mv /root/aside.conf "$dropin"
systemctl daemon-reload
