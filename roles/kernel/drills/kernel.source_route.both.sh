#!/bin/sh
# hosts: web2 web3
# Only where conf.all and the interface both allow it does the kernel follow a source route.
set -eu
echo 1 > /proc/sys/net/ipv4/conf/all/accept_source_route
echo 1 > /proc/sys/net/ipv4/conf/eth0/accept_source_route
