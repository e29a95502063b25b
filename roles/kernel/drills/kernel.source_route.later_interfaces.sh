#!/bin/sh
# hosts: web2 web3
# Off for all interfaces together, and on for those that come later: whoever turns the one back on opens the other.
set -eu
echo 1 > /proc/sys/net/ipv4/conf/default/accept_source_route
