#!/bin/sh
# hosts: web2 web3
# The value 2: advertisements are taken even by a host that forwards.
set -eu
echo 2 > /proc/sys/net/ipv6/conf/eth0/accept_ra
