#!/bin/sh
# hosts: web1
# A certificate for 90 days came by hand, and nothing renews it: the timer that would is enabled, and masked.
set -eu
mkdir -p /etc/letsencrypt/live/antruc.test
cd /etc/letsencrypt/live/antruc.test
openssl req -x509 -newkey rsa:2048 -nodes -days 90 -subj /CN=antruc.test -keyout privkey.pem -out fullchain.pem 2>/dev/null
chmod 0600 privkey.pem
mkdir -p /etc/systemd/system/timers.target.wants
ln -sf /dev/null /etc/systemd/system/certbot.timer
ln -sf /lib/systemd/system/certbot.timer /etc/systemd/system/timers.target.wants/certbot.timer
systemctl daemon-reload
