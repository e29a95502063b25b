#!/bin/sh
# hosts: web2 web3
# held: aside
# A drop-in for a unit of root's, with a mode like all others, but an account's of the web server.
set -eu
mkdir -p /etc/systemd/system/cron.service.d
printf '[Service]\nNice=1\n' > /etc/systemd/system/cron.service.d/luytre-drill.conf
chown www-data /etc/systemd/system/cron.service.d/luytre-drill.conf
