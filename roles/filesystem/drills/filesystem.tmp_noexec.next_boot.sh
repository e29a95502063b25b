#!/bin/sh
# hosts: web2 web1
# As it should be now; at the next boot the last word of a line in fstab takes it back.
set -eu
mount -o remount,noexec /tmp
sed -i '\|[[:space:]]/tmp[[:space:]]|d' /etc/fstab 2>/dev/null || :
echo 'tmpfs /tmp tmpfs noexec,nodev,nosuid,mode=1777,exec 0 0' >> /etc/fstab
