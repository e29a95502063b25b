#!/bin/sh
# hosts: web2 web3
# A second line in the same file undoes the first at the next boot.
set -eu
echo 'net.ipv4.tcp_syncookies=0' >> /etc/sysctl.d/zz-luytre.conf
