#!/bin/sh
# hosts: web2 web1
# A program of Debian's with something added, its size and time as they were, as far as touch can have it so.
set -eu
program=/usr/sbin/chgpasswd
cp -p "$program" /root/luytre-drill
printf 'x' | dd of="$program" bs=1 seek=200 conv=notrunc status=none
touch -r /root/luytre-drill "$program"
rm /root/luytre-drill
