#!/bin/sh
# hosts: web2 web3
# Named like any RSA key; only its size tells.
set -eu
useradd -m -s /usr/sbin/nologin ketoan
install -d -m 0700 -o ketoan -g ketoan /home/ketoan/.ssh
rm -f /run/luytre-drill-key
ssh-keygen -q -t rsa -b 1024 -N '' -C ke-toan -f /run/luytre-drill-key
install -m 0600 -o ketoan -g ketoan /run/luytre-drill-key.pub /home/ketoan/.ssh/authorized_keys
rm -f /run/luytre-drill-key /run/luytre-drill-key.pub
