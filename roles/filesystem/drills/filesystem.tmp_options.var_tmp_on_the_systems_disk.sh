#!/bin/sh
# hosts: web1 web3
# The line of fstab is gone, and so is the mount: /var/tmp lies on the system's disk again.
set -eu
sed -i '\|[[:space:]]/var/tmp[[:space:]]|d' /etc/fstab
umount --lazy /var/tmp
