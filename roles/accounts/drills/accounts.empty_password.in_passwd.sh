#!/bin/sh
# hosts: web2 web3
# The empty field is in /etc/passwd itself; its row in /etc/shadow is locked.
set -eu
useradd -M -d /nonexistent -s /usr/sbin/nologin kholuutru
sed -i 's/^kholuutru:x:/kholuutru::/' /etc/passwd
