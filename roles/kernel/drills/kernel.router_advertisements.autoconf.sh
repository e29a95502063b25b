#!/bin/sh
# hosts: web2 web1
# Advertisements are not taken; addresses would still be made of them.
set -eu
echo 1 > /proc/sys/net/ipv6/conf/eth0/autoconf
