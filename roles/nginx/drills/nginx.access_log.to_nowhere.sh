#!/bin/sh
# hosts: web3
# site: gotre.test
# A log that is written to nowhere.
set -eu
sed -i 's#access_log /var/log.*#access_log /dev/null;#' /etc/nginx/sites-available/gotre.test
systemctl reload nginx
