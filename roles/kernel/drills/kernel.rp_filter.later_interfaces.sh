#!/bin/sh
# hosts: web2 web3
# conf.all and default are off: the next interface to come up is not filtered.
set -eu
echo 0 > /proc/sys/net/ipv4/conf/all/rp_filter
echo 0 > /proc/sys/net/ipv4/conf/default/rp_filter
