#!/bin/sh
# hosts: web2 web1
# One interface alone leads packets to the loopback, as somebody's forwarding rule asked for once.
set -eu
echo 1 > /proc/sys/net/ipv4/conf/eth0/route_localnet
