#!/bin/sh
# hosts: web2 web1
# The hash is in /etc/passwd itself, as old tools for web hosting write it; its row in /etc/shadow is locked.
set -eu
useradd -M -d /nonexistent -s /usr/sbin/nologin khachhang
hash=$(openssl passwd -6 -salt luytre "$(head -c 18 /dev/urandom | base64)")
sed -i "s|^khachhang:x:|khachhang:$hash:|" /etc/passwd
