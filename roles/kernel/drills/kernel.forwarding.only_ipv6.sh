#!/bin/sh
# hosts: web2 web3
# IPv4 does as it should; IPv6 alone forwards, turned on by hand in the running kernel.
set -eu
echo 1 > /proc/sys/net/ipv6/conf/all/forwarding
